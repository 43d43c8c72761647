from limbeck.autogenerate.compare.foreign_keys import *
