"""The base classes of operations."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from limbeck.autogenerate.rewriter import Rewriter
    from limbeck.operations.base import AbstractOperations


class MigrateOperation:
    """The base class of operations.

    Autogenerate creates operations, the renderer writes them as Python, and `Operations.invoke()`
    runs them. To add an operation, register a subclass with `Operations.register_operation()` and
    `Operations.implementation_for()`.
    """

    #: The rewriters that produced this object; a rewriter skips its own output.
    _mutations: ClassVar[frozenset[Rewriter]] = frozenset()

    @cached_property
    def info(self) -> dict[Any, Any]:
        """A dictionary for the data of hooks and rewriters; Alembic does not read it."""
        return {}

    def reverse(self) -> MigrateOperation:
        """Return the operation that undoes this one.

        :raises NotImplementedError: the operation cannot be reversed.
        """
        raise NotImplementedError

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """Return the operation as a tuple, as in the result of `compare_metadata()`.

        :raises NotImplementedError: the operation has no such form.
        """
        raise NotImplementedError


class AlterTableOp(MigrateOperation):
    """The base class of operations that change a table."""

    def __init__(self, table_name: str, *, schema: str | None = None) -> None:
        self.table_name = table_name
        self.schema = schema


def invoke_operation(operations: AbstractOperations, operation: MigrateOperation) -> None:
    """Invoke an operation for a directive that is annotated to return None.

    A project may replace the implementation by one with a result. The result is returned then.
    """
    return operations.invoke(operation)  # type: ignore[no-any-return] # see above
