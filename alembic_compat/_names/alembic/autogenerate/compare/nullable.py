from limbeck.autogenerate.compare.nullable import *
