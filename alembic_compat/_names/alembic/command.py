from limbeck.command import *
