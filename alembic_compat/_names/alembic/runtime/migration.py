from limbeck.runtime.migration import *
