from limbeck.environment import *
