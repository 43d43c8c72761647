from limbeck.runtime.environment import *
