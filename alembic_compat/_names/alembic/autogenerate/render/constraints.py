from limbeck.autogenerate.render.constraints import *
