from limbeck.util.compat import *
