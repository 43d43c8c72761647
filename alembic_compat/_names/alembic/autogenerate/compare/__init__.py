from limbeck.autogenerate.compare import *
