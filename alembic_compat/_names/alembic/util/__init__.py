from limbeck.util import *
