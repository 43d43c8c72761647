"""The operations `bulk_insert()` and `execute()`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from limbeck.operations._ops.core import MigrateOperation, invoke_operation
from limbeck.operations.base import AbstractOperations, BatchOperations, Operations

if TYPE_CHECKING:
    from sqlalchemy.sql import Executable, TableClause
    from sqlalchemy.sql.schema import Table


@Operations.register_operation("bulk_insert")
class BulkInsertOp(MigrateOperation):
    """Insert rows."""

    def __init__(
        self,
        table: Table | TableClause,
        rows: list[dict[str, Any]],
        *,
        multiinsert: bool = True,
    ) -> None:
        self.table = table
        self.rows = rows
        self.multiinsert = multiinsert

    @classmethod
    def bulk_insert(
        cls,
        operations: Operations,
        table: Table | TableClause,
        rows: list[dict[str, Any]],
        *,
        multiinsert: bool = True,
    ) -> None:
        """Insert rows, online and offline alike.

        For example::

            account = sa.table("account", sa.column("id", sa.Integer), sa.column("name", sa.String))
            op.bulk_insert(account, [{"id": 1, "name": "savings"}, {"id": 2, "name": "loan"}])

        In offline mode each row is an INSERT with literal values. If the type of a column cannot
        render a value as a literal, use `op.inline_literal()`.

        :param table: a `table()` with columns, or the result of `op.create_table()`.
        :param rows: a list of dictionaries with the same keys.
        :param multiinsert: send the rows together, in one `executemany()`. With False each row
         is an INSERT of its own, and values may be SQL expressions.
        :raises TypeError: `rows` is not a list of dictionaries.
        """
        operations.invoke(cls(table, rows, multiinsert=multiinsert))


@Operations.register_operation("execute")
@BatchOperations.register_operation("execute", "batch_execute")
class ExecuteSQLOp(MigrateOperation):
    """Run a statement."""

    def __init__(
        self,
        sqltext: Executable | str,
        *,
        execution_options: dict[str, Any] | None = None,
    ) -> None:
        self.sqltext = sqltext
        self.execution_options = execution_options

    def to_diff_tuple(self) -> tuple[str, Executable | str]:
        return ("execute", self.sqltext)

    @classmethod
    def execute(
        cls,
        operations: AbstractOperations,
        sqltext: Executable | str,
        *,
        execution_options: dict[str, Any] | None = None,
    ) -> None:
        """Run a statement, or write it in offline mode.

        For example::

            op.execute("INSERT INTO account (name) VALUES ('savings')")
            op.execute(account.update().where(account.c.name == "loan").values(name="credit"))

        There is no result: to read from the database, use `op.get_bind()`. In text, a colon before
        a word marks a bound parameter; write ``\\:`` for a literal colon. Values in an expression
        are bound online. Offline they are rendered as literals if `env.py` sets ``literal_binds``.
        `op.inline_literal()` renders a value in both modes.

        :param sqltext: text, `text()`, or any statement of SQLAlchemy.
        :param execution_options: options for `Connection.execution_options()`.
        """
        return invoke_operation(operations, cls(sqltext, execution_options=execution_options))

    @classmethod
    def batch_execute(
        cls,
        operations: AbstractOperations,
        sqltext: Executable | str,
        *,
        execution_options: dict[str, Any] | None = None,
    ) -> None:
        """Run a statement at once, before the changes that the batch has collected.

        For example::

            with op.batch_alter_table("account") as batch_op:
                batch_op.execute("UPDATE account SET name = '' WHERE name IS NULL")
                batch_op.alter_column("name", nullable=False)
        """
        return cls.execute(operations, sqltext, execution_options=execution_options)
