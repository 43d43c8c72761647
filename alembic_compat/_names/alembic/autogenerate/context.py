from limbeck.autogenerate.context import *
