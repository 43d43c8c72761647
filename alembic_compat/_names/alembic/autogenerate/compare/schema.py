from limbeck.autogenerate.compare.schema import *
