from limbeck.ddl.impl import *
