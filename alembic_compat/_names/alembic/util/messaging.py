from limbeck.util.messaging import *
