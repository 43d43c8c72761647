from limbeck.util.editor import *
