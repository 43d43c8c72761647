from limbeck.operations.ops import *
