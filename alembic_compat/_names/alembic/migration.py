from limbeck.migration import *
