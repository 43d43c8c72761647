from limbeck.ddl.mssql import *
