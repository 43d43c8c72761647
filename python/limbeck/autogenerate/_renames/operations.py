"""The operations of renames, which `downgrade()` reverses, and how they are rendered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from limbeck.autogenerate.render import default_renderers, renderers
from limbeck.autogenerate.render.names import directive, keywords, plain_name
from limbeck.operations import ops

if TYPE_CHECKING:
    from limbeck.autogenerate.context import AutogenContext


class RenamedTableOp(ops.RenameTableOp):
    """Rename a table.

    A class of its own, as projects register renderers of `RenameTableOp`, which Alembic has not.
    """

    def reverse(self) -> RenamedTableOp:
        return RenamedTableOp(self.new_table_name, self.table_name, schema=self.schema)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("rename_table", self.schema, self.table_name, self.new_table_name)


class RenamedColumnOp(ops.AlterColumnOp):
    """Rename a column; `existing_…` has what MySQL restates.

    A class of its own, as Alembic's `AlterColumnOp` does not reverse a new name.
    """

    def reverse(self) -> RenamedColumnOp:
        return RenamedColumnOp(
            self.table_name,
            self.modify_name or self.column_name,
            schema=self.schema,
            modify_name=self.column_name,
            existing_type=self.existing_type,
            existing_server_default=self.existing_server_default,
            existing_nullable=self.existing_nullable,
            existing_comment=self.existing_comment,
            **self.kw,
        )

    def to_diff_tuple(self) -> Any:
        """Return a list, as for other changes of a column."""
        names = (self.table_name, self.column_name, self.modify_name)
        return [("rename_column", self.schema, *names)]


class RenameStatementOp(ops.ExecuteSQLOp):
    """Rename an object for which `op` has no directive.

    :param what: the kind of object, such as "index".
    :param names: the schema, the table, and the name before and after.
    :param sqltext: the statement.
    :param reverse_sqltext: the statement that renames back.
    """

    def __init__(
        self, what: str, names: tuple[str | None, str, str, str], sqltext: str, reverse_sqltext: str
    ) -> None:
        super().__init__(sqltext)
        self._what = what
        self._names = names
        self._sqltext = sqltext
        self._reverse_sqltext = reverse_sqltext

    def reverse(self) -> RenameStatementOp:
        schema, table, old, new = self._names
        names = (schema, table, new, old)
        return RenameStatementOp(self._what, names, self._reverse_sqltext, self._sqltext)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return (f"rename_{self._what}", *self._names)


def _rename_table(autogen_context: AutogenContext, op: RenamedTableOp) -> str:
    """Render `rename_table()`."""
    names = [repr(plain_name(op.table_name)), repr(plain_name(op.new_table_name))]
    return directive(
        autogen_context, "rename_table", [*names, *keywords(schema=plain_name(op.schema))]
    )


for _registry in (default_renderers, renderers):
    _registry.dispatch_for(RenamedTableOp)(_rename_table)
