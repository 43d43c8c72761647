# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.autogenerate.render.expressions import (
    dialect_keywords as dialect_keywords,
    expression as expression,
    index_entries as index_entries,
    sql_text as sql_text,
)
