from limbeck.runtime import *
