from limbeck.autogenerate.compare.records import *
