from limbeck.operations import *
