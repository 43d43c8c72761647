from limbeck.runtime.plugins import *
