from limbeck.autogenerate.render.columns import *
