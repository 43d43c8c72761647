from limbeck.autogenerate.compare.reading import *
