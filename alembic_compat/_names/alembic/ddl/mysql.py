from limbeck.ddl.mysql import *
