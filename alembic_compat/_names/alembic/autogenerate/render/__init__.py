from limbeck.autogenerate.render import *
