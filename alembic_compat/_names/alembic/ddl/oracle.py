from limbeck.ddl.oracle import *
