# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.runtime.environment import (
    CompareServerDefault as CompareServerDefault,
    CompareType as CompareType,
    EnvironmentContext as EnvironmentContext,
    IncludeNameFn as IncludeNameFn,
    IncludeObjectFn as IncludeObjectFn,
    MigrationContext as MigrationContext,
    NameFilterParentNames as NameFilterParentNames,
    NameFilterType as NameFilterType,
    OnVersionApplyFn as OnVersionApplyFn,
    Operations as Operations,
    ProcessRevisionDirectiveFn as ProcessRevisionDirectiveFn,
    RenderItemFn as RenderItemFn,
    _GetRevArg as _GetRevArg,
    _RevNumber as _RevNumber,
)
