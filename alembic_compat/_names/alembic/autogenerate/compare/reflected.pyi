# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.autogenerate.compare.reflected import (
    FK_OPTIONS as FK_OPTIONS,
    check_constraint as check_constraint,
    foreign_key as foreign_key,
    index as index,
    unique_constraint as unique_constraint,
)
