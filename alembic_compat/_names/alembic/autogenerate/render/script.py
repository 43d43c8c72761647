from limbeck.autogenerate.render.script import *
