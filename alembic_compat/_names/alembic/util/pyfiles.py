from limbeck.util.pyfiles import *
