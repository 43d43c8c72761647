from limbeck.script.revision import *
