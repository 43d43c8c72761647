from limbeck.autogenerate import *
