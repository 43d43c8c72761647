from limbeck.ddl import *
