from limbeck.script.write_hooks import *
