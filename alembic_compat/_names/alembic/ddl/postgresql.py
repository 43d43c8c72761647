from limbeck.ddl.postgresql import *
