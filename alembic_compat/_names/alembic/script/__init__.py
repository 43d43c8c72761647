from limbeck.script import *
