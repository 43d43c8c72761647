from limbeck.autogenerate.revision import *
