from limbeck.autogenerate.render.defaults import *
