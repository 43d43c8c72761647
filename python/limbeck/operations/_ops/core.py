"""What every operation object has in common."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from limbeck.operations.schemaobj import SchemaObjects

if TYPE_CHECKING:
    from limbeck.autogenerate.rewriter import Rewriter
    from limbeck.operations.base import AbstractOperations
    from limbeck.runtime.migration import MigrationContext


class MigrateOperation:
    """A change to a database, held as a value.

    Autogenerate produces these objects, the renderer turns them into Python text, and
    `Operations.invoke()` carries them out. Subclass it to add an operation of your own, and
    announce the subclass with `Operations.register_operation()` and
    `Operations.implementation_for()`.
    """

    #: The rewriters that have already seen this object; a rewriter handles each object once.
    _mutations: ClassVar[frozenset[Rewriter]] = frozenset()

    @cached_property
    def info(self) -> dict[Any, Any]:
        """A dictionary for whoever passes the object along; nothing here reads it."""
        return {}

    def reverse(self) -> MigrateOperation:
        """Return the operation that undoes this one.

        :raises NotImplementedError: for an operation that keeps too little to be undone.
        """
        raise NotImplementedError

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """Return the operation in the tuple form of `compare_metadata()`.

        :raises NotImplementedError: for an operation that has no such form.
        """
        raise NotImplementedError


class AlterTableOp(MigrateOperation):
    """The common part of all operations that change one existing table."""

    def __init__(self, table_name: str, *, schema: str | None = None) -> None:
        self.table_name = table_name
        self.schema = schema


def objects_for(migration_context: MigrationContext | None) -> SchemaObjects:
    """The factory of SQLAlchemy objects that an operation's `to_*` method draws on."""
    return SchemaObjects(migration_context)


def carry_out(operations: AbstractOperations, operation: MigrateOperation) -> None:
    """Invoke an operation for a directive that promises no result.

    An implementation that a project put in the place of the built-in one may have a result all
    the same; it is passed on.
    """
    return operations.invoke(operation)  # type: ignore[no-any-return] # see above
