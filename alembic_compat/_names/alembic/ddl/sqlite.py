from limbeck.ddl.sqlite import *
