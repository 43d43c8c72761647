# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.autogenerate.render.constraints import (
    _Renderer as _Renderer,
    add_check_constraint as add_check_constraint,
    add_foreign_key as add_foreign_key,
    add_primary_key as add_primary_key,
    add_unique_constraint as add_unique_constraint,
    constraint_renderers as constraint_renderers,
    drop_constraint as drop_constraint,
)
