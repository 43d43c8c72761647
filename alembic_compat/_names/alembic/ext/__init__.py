from limbeck.ext import *
