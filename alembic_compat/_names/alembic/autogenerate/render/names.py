from limbeck.autogenerate.render.names import *
