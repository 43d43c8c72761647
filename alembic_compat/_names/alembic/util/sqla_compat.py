from limbeck.util.sqla_compat import *
