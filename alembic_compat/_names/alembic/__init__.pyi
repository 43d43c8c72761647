# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from alembic import context as context
from alembic import op as op

__version__: str
