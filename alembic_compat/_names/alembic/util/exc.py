from limbeck.util.exc import *
