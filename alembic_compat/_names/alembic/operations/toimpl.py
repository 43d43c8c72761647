from limbeck.operations.toimpl import *
