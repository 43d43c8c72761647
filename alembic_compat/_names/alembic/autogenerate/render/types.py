from limbeck.autogenerate.render.types import *
