from limbeck.context import *
