from limbeck.autogenerate.compare.prefetch import *
