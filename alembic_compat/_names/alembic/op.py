from limbeck.op import *
