from limbeck.autogenerate.compare.unchanged import *
