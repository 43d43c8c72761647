# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.autogenerate.render.names import (
    alembic_prefix as alembic_prefix,
    call as call,
    call_render_item as call_render_item,
    directive as directive,
    keywords as keywords,
    name_code as name_code,
    plain_name as plain_name,
    sqlalchemy_prefix as sqlalchemy_prefix,
    table_arguments as table_arguments,
    user_prefix as user_prefix,
)
