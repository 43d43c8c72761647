from limbeck.util.dispatch import *
