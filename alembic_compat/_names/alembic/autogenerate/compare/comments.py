from limbeck.autogenerate.compare.comments import *
