from limbeck.ddl.base import *
