"""Python source: of statements, of operations, and its execution."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from textwrap import indent
from typing import TYPE_CHECKING, Any

from limbeck.autogenerate.context import AutogenContext
from limbeck.autogenerate.render import render_op_text
from limbeck.operations import Operations

if TYPE_CHECKING:
    from limbeck.operations._ops.core import MigrateOperation
    from limbeck.operations.ops import ModifyTableOps
    from limbeck.runtime.migration import MigrationContext

BASE_IMPORTS = ("import sqlalchemy as sa", "from alembic import op")
_OPTIONS: Mapping[str, Any] = {
    "sqlalchemy_module_prefix": "sa.",
    "alembic_module_prefix": "op.",
    "user_module_prefix": None,
    "render_item": None,
}
#: What `sqlalchemy.text()` takes for a parameter.
_PARAMETER = re.compile(r"(?<![:\w\\]):(?=\w+(?!:))")
_WIDTH = 100


class Renderer:
    """Renders operations as source, and collects the imports that this needs.

    :param context: the context, with the dialect.
    """

    def __init__(self, context: MigrationContext) -> None:
        self.context = AutogenContext(context, opts=dict(_OPTIONS), autogenerate=False)
        self.context.imports = set(BASE_IMPORTS)

    @property
    def imports(self) -> tuple[str, ...]:
        """The import lines of what has been rendered."""
        return tuple(sorted(self.context.imports))

    def operation(self, operation: MigrateOperation) -> str:
        """Return the source of an operation; the arguments of a call that has several lines are indented."""
        head, *lines = render_op_text(self.context, operation).split("\n")
        opening = re.fullmatch(r"(op\.\w+\()(.+,)", head)
        if not lines or opening is None or lines[-1] != ")":
            return "\n".join([head, *lines])
        return "\n".join([opening[1], *(f"    {line}" for line in (opening[2], *lines[:-1])), ")"])

    def changes(self, changes: ModifyTableOps) -> str:
        """Return the source of changes of a table; for SQLite, of a rebuild with all of them."""
        if self.context.dialect.name != "sqlite":
            return joined(map(self.operation, changes.ops))
        head = f"with op.batch_alter_table({str(changes.table_name)!r}) as batch_op:"
        with self.context._within_batch():
            lines = "\n".join(render_op_text(self.context, part) for part in changes.ops)
        return f"{head}\n{indent(lines, '    ')}"


def execute(sql: str) -> str:
    """Return the call of `op.execute()` with a statement.

    A statement of several lines is written as a literal for each, because the lines of one literal could not be indented.

    :param sql: the statement, without parameters. If it is empty, so is the source.
    """
    if not sql:
        return ""
    escaped = _PARAMETER.sub(r"\\:", sql.strip())
    lines = [repr(line) for line in escaped.splitlines(keepends=True)]
    if len(lines) == 1 and len(lines[0]) < _WIDTH:
        return f"op.execute({lines[0]})"
    return "\n".join(["op.execute(", *(f"    {line}" for line in lines), ")"])


def joined(sources: Iterable[str]) -> str:
    """Return the sources of several calls as one."""
    return "\n".join(source for source in sources if source)


def run(source: str, imports: Collection[str], context: MigrationContext) -> None:
    """Execute source in which `op` operates on a context.

    :param source: the source.
    :param imports: the import lines that it needs.
    :param context: the context.
    """
    names: dict[str, Any] = {}
    exec("\n".join(imports), names)  # noqa: S102 - what was rendered above
    with Operations.context(context) as op:
        names["op"] = op
        exec(source, names)  # noqa: S102 - as above
