from limbeck.autogenerate.compare.constraints import *
