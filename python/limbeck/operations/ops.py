"""The operation classes.

A directive of `op` creates an operation and passes it to `Operations.invoke()`. Autogenerate
creates them too, and `process_revision_directives` hooks and rewriters read and change them.
"""

from typing import TYPE_CHECKING

from sqlalchemy.types import NULLTYPE

from limbeck.operations._ops import exclude as _exclude
from limbeck.operations._ops.alter_column import AlterColumnOp
from limbeck.operations._ops.columns import AddColumnOp, DropColumnOp
from limbeck.operations._ops.constraints import (
    AddConstraintOp,
    CreateCheckConstraintOp,
    CreatePrimaryKeyOp,
    CreateUniqueConstraintOp,
    DropConstraintOp,
)
from limbeck.operations._ops.containers import (
    DowngradeOps,
    MigrationScript,
    ModifyTableOps,
    OpContainer,
    UpgradeOps,
)
from limbeck.operations._ops.core import AlterTableOp, MigrateOperation
from limbeck.operations._ops.data import BulkInsertOp, ExecuteSQLOp
from limbeck.operations._ops.foreign_keys import CreateForeignKeyOp
from limbeck.operations._ops.indexes import CreateIndexOp, DropIndexOp
from limbeck.operations._ops.tables import (
    CreateTableCommentOp,
    CreateTableOp,
    DropTableCommentOp,
    DropTableOp,
    RenameTableOp,
)
from limbeck.operations.base import AbstractOperations, BatchOperations, Operations

__all__ = [
    "NULLTYPE",
    "TYPE_CHECKING",
    "AbstractOperations",
    "AddColumnOp",
    "AddConstraintOp",
    "AlterColumnOp",
    "AlterTableOp",
    "BatchOperations",
    "BulkInsertOp",
    "CreateCheckConstraintOp",
    "CreateForeignKeyOp",
    "CreateIndexOp",
    "CreatePrimaryKeyOp",
    "CreateTableCommentOp",
    "CreateTableOp",
    "CreateUniqueConstraintOp",
    "DowngradeOps",
    "DropColumnOp",
    "DropConstraintOp",
    "DropIndexOp",
    "DropTableCommentOp",
    "DropTableOp",
    "ExecuteSQLOp",
    "MigrateOperation",
    "MigrationScript",
    "ModifyTableOps",
    "OpContainer",
    "Operations",
    "RenameTableOp",
    "UpgradeOps",
]

# repr() and pickle show the module from which users import the classes.
for _name in __all__:
    _member = globals()[_name]
    if isinstance(_member, type) and issubclass(_member, MigrateOperation):
        _member.__module__ = "alembic.operations.ops"
_exclude.CreateExcludeConstraintOp.__module__ = "alembic.ddl.postgresql"
