from limbeck.util.langhelpers import *
