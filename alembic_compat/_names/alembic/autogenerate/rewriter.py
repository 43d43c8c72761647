from limbeck.autogenerate.rewriter import *
