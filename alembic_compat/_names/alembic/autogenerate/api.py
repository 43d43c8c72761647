from limbeck.autogenerate.api import *
