from limbeck.util.proxy import *
