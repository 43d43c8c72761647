from limbeck.autogenerate.compare.server_defaults import *
