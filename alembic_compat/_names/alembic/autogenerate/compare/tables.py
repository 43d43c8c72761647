from limbeck.autogenerate.compare.tables import *
