from limbeck.script.base import *
