from limbeck.config import *
