from limbeck.autogenerate.compare.reflected import *
