# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.util.sqla_compat import (
    AUTOINCREMENT_DEFAULT as AUTOINCREMENT_DEFAULT,
    _ConstraintName as _ConstraintName,
    _ConstraintNameDefined as _ConstraintNameDefined,
    all_table_check_constraints as all_table_check_constraints,
    constraint_name_defined as constraint_name_defined,
    constraint_name_or_none as constraint_name_or_none,
    constraint_name_string as constraint_name_string,
    identity_has_dialect_kwargs as identity_has_dialect_kwargs,
    is_expression as is_expression,
    is_expression_index as is_expression_index,
    sqla_2_0_25 as sqla_2_0_25,
    sqla_2_1 as sqla_2_1,
)
