from limbeck.autogenerate.render.postgresql import *
