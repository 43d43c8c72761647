from limbeck.ext.checkconstraint_byname import *
