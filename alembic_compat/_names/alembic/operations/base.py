from limbeck.operations.base import *
