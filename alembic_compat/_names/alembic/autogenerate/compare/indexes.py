from limbeck.autogenerate.compare.indexes import *
