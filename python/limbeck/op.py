"""The operations of the migration that is running, as functions.

Revision files say ``from alembic import op`` and call ``op.create_table(…)``. Each function is
the method of that name of `alembic.operations.Operations`, on the object that is current: the
one of the environment that runs in this thread or task.
"""

from limbeck.operations.base import Operations

Operations.create_module_class_proxy(globals(), locals())
