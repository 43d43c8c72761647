# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.autogenerate.render.script import (
    execute_sql as execute_sql,
    indented as indented,
    modify_table as modify_table,
    nothing as nothing,
    render_op as render_op,
    render_op_text as render_op_text,
)
