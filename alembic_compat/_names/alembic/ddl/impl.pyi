# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.ddl.impl import (
    DefaultImpl as DefaultImpl,
    ImplMeta as ImplMeta,
    log as log,
)
