from limbeck.autogenerate.compare.types import *
