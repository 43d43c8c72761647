from limbeck.autogenerate.render.expressions import *
