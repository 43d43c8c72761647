from limbeck.operations.batch import *
