from limbeck.autogenerate.compare.util import *
