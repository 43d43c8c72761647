"""The operation that changes an enum by statements, which `downgrade()` reverses, and how it is rendered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from limbeck.autogenerate.render import default_renderers, renderers
from limbeck.autogenerate.render.names import directive
from limbeck.operations import Operations, ops

if TYPE_CHECKING:
    from limbeck.autogenerate.context import AutogenContext


@dataclass(frozen=True)
class Statements:
    """Statements of one direction.

    :ivar texts: as `op.execute()` takes them.
    :ivar autocommit: whether each is committed, outside of a transaction.
    :ivar remark: a comment for who reads the file.
    """

    texts: tuple[str, ...]
    autocommit: bool = False
    remark: str = ""


class EnumStatementsOp(ops.ExecuteSQLOp):
    """Change an enum.

    :param what: the kind of change, such as "add_enum_labels".
    :param name: the name of the type or column.
    :param forward: the statements.
    :param backward: the statements that go back.
    :param column: schema, table and name of the column whose type changes, if any.
    """

    def __init__(
        self,
        what: str,
        name: str,
        forward: Statements,
        backward: Statements,
        *,
        column: tuple[str | None, str, str] | None = None,
    ) -> None:
        super().__init__(";\n".join(forward.texts))
        self.what = what
        self.name = name
        self.forward = forward
        self.backward = backward
        self.column = column

    def reverse(self) -> EnumStatementsOp:
        return EnumStatementsOp(
            self.what, self.name, self.backward, self.forward, column=self.column
        )

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return (self.what, self.name, list(self.forward.texts))


@Operations.implementation_for(EnumStatementsOp)
def _execute(operations: Operations, operation: EnumStatementsOp) -> None:
    if operation.forward.autocommit:
        with operations.get_context().autocommit_block():
            for text in operation.forward.texts:
                operations.execute(text)
    else:
        for text in operation.forward.texts:
            operations.execute(text)


def _render(context: AutogenContext, operation: EnumStatementsOp) -> list[str]:
    """Render `execute()` of each statement."""
    forward = operation.forward
    lines = [f"# {forward.remark}"] if forward.remark else []
    if forward.autocommit:
        prefix = directive(context, "get_context", [])
        lines += [f"with {prefix}.autocommit_block():"]
    lines += [directive(context, "execute", [repr(text)]) for text in forward.texts]
    if not forward.texts:
        lines.append("pass")  # a function needs a statement
    # An empty line ends the block.
    return [*lines, ""] if forward.autocommit else lines


for _registry in (default_renderers, renderers):
    _registry.dispatch_for(EnumStatementsOp)(_render)
