from limbeck.util.logs import *
