# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.autogenerate.compare.server_defaults import (
    log as log,
    reflected_default_text as reflected_default_text,
    setup as setup,
)
