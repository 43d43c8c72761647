# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.autogenerate.render.names import (
    alembic_prefix as alembic_prefix,
    call as call,
    directive as directive,
    keywords as keywords,
    located as located,
    name_code as name_code,
    plain as plain,
    sqlalchemy_prefix as sqlalchemy_prefix,
    user_defined as user_defined,
    user_prefix as user_prefix,
)
