"""`from alembic import op`: the operations of the running migration, as functions.

Each function calls the method of the same name of :class:`.Operations`, on the object of the environment that runs in
this thread or task.
"""

from limbeck.operations.base import Operations

Operations.create_module_class_proxy(globals(), locals())
