from limbeck.autogenerate.render.tables import *
