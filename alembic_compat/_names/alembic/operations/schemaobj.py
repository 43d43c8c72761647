from limbeck.operations.schemaobj import *
