"""The functions of `alembic.op`, for type checkers and editors.

Written by tools/operation_stubs.py from the operation classes; edit those.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal, TypeVar

from sqlalchemy import Table
from sqlalchemy.engine import Connection
from sqlalchemy.sql import Executable, TableClause
from sqlalchemy.sql.elements import ColumnElement, TextClause, conv
from sqlalchemy.sql.schema import Column, SchemaItem
from sqlalchemy.types import TypeEngine

from limbeck.operations._ops.alter_column import _ServerDefaultArgument
from limbeck.operations.base import BatchOperations
from limbeck.operations.base import Operations as Operations
from limbeck.operations.ops import MigrateOperation
from limbeck.runtime.migration import MigrationContext
from limbeck.util.sqla_compat import _literal_bindparam

_T = TypeVar("_T")
_C = TypeVar("_C", bound=Callable[..., Any])

def add_column(
    table_name: str,
    column: Column[Any],
    *,
    schema: str | None = None,
    if_not_exists: bool | None = None,
    inline_references: bool | None = None,
    inline_primary_key: bool | None = None,
) -> None:
    """Add a column to a table.

    For example::

        op.add_column("account", sa.Column("closed", sa.Date))
        op.add_column("account", sa.Column("owner_id", sa.ForeignKey("user.id")))

    The foreign key of the column, the CHECK constraint of a type such as Boolean, and the index
    of ``index=True`` are separate statements. If the table has rows, a column that is not
    nullable needs a `server_default`.

    :param table_name: the name of the table.
    :param column: the `Column`.
    :param schema: the schema of the table, if it is not the default one.
    :param if_not_exists: add IF NOT EXISTS, if the backend supports it.
    :param inline_references: write the foreign key as REFERENCES in ADD COLUMN, if the backend
     supports it, instead of adding a constraint.
    :param inline_primary_key: write PRIMARY KEY in ADD COLUMN for a column with
     ``primary_key=True``. Without it, the column does not become the primary key.
    """

def alter_column(
    table_name: str,
    column_name: str,
    *,
    nullable: bool | None = None,
    comment: str | Literal[False] | None = False,
    server_default: _ServerDefaultArgument = False,
    new_column_name: str | None = None,
    type_: TypeEngine[Any] | type[TypeEngine[Any]] | None = None,
    existing_type: TypeEngine[Any] | type[TypeEngine[Any]] | None = None,
    existing_server_default: _ServerDefaultArgument = False,
    existing_nullable: bool | None = None,
    existing_comment: str | None = None,
    schema: str | None = None,
    **kw: Any,
) -> None:
    """Change a column: its name, type, nullability, server default or comment.

    For example::

        op.alter_column("account", "name", nullable=False, existing_type=sa.String(50))

    Properties that are not given do not change. MySQL, MariaDB and SQL Server repeat the whole
    definition of the column in some of these changes; there, pass the unchanged properties as
    `existing_…`. SQLite cannot alter a column: use `op.batch_alter_table()`.

    :param table_name: the name of the table.
    :param column_name: the current name of the column.
    :param nullable: whether the column accepts NULL after the change.
    :param comment: the new comment; None drops it.
    :param server_default: the new server default: text, `text()`, a function, `Computed` or
     `Identity`; None drops it.
    :param new_column_name: the new name.
    :param type_: the new type. The CHECK constraint of a type such as Boolean is added.
    :param existing_type: the current type. If the type changes, its CHECK constraint is
     dropped.
    :param existing_server_default: the current server default.
    :param existing_nullable: whether the column accepts NULL before the change.
    :param existing_comment: the current comment.
    :param schema: the schema of the table, if it is not the default one.
    :param autoincrement: MySQL's and MariaDB's AUTO_INCREMENT.
    :param kw: arguments of one backend, such as ``postgresql_using="name::integer"`` or
     ``mssql_drop_default=True``.
    """

@contextmanager
def batch_alter_table(
    table_name: str,
    schema: str | None = None,
    recreate: Literal["auto", "always", "never"] = "auto",
    partial_reordering: list[tuple[str, ...]] | None = None,
    copy_from: Table | None = None,
    table_args: tuple[Any, ...] = (),
    table_kwargs: Mapping[str, Any] = ...,
    reflect_args: tuple[Any, ...] = (),
    reflect_kwargs: Mapping[str, Any] = ...,
    naming_convention: dict[str, str] | None = None,
) -> Iterator[BatchOperations]:
    """Collect the changes of a table and apply them together.

    For example::

        with op.batch_alter_table("account") as batch_op:
            batch_op.add_column(sa.Column("closed", sa.Date))
            batch_op.drop_column("note")

    SQLite supports few ALTER TABLE statements. There, the batch creates a new table with the
    changes, copies the rows, drops the old table and renames the new one. Other backends run
    ALTER statements when the block ends. Nothing happens if the block raises.

    :param table_name: the name of the table.
    :param schema: the schema of the table, if it is not the default one.
    :param recreate: ``"auto"`` creates a new table if the backend needs one for a change in
     the batch, ``"always"`` in any case, ``"never"`` not at all.
    :param partial_reordering: tuples of column names that follow each other in the new table,
     such as ``[("id", "name", "closed")]``.
    :param copy_from: a Table that describes the current table, instead of reading it from the
     database. Offline mode needs it to create a new table.
    :param table_args: constraints and columns to add to the new table.
    :param table_kwargs: keywords for the new `Table`, such as ``{"sqlite_strict": True}``.
    :param reflect_args: columns that replace reflected ones, such as
     ``[sa.Column("flag", sa.Boolean(create_constraint=False))]``.
    :param reflect_kwargs: keywords for the reflected `Table`, such as
     ``{"listeners": [("column_reflect", fn)]}``.
    :param naming_convention: names for constraints that have none in the database, so that
     `drop_constraint()` can refer to them, such as
     ``{"fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s"}``.
    :raises alembic.util.CommandError: a new table is needed and cannot be created.
    """

def bulk_insert(
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

@contextmanager
def context(
    migration_context: MigrationContext,
) -> Iterator[Operations]:
    """Connect `alembic.op` to a migration context for a `with` block.

    For example::

        with Operations.context(migration_context):
            op.add_column("account", sa.Column("closed", sa.Date))
    """

def create_check_constraint(
    constraint_name: str | None,
    table_name: str,
    condition: str | ColumnElement[bool] | TextClause,
    *,
    schema: str | None = None,
    **kw: Any,
) -> None:
    """Add a CHECK constraint to a table.

    For example::

        from sqlalchemy import func
        from sqlalchemy.sql import column

        op.create_check_constraint(
            "ck_user_name_len", "user", func.length(column("name")) > 5
        )

    The condition may be text, or an expression of columns without a table.

    :param constraint_name: the name of the constraint; None leaves it to the naming
     convention of `target_metadata`, or to the database.
    :param table_name: the name of the table.
    :param condition: the condition. Its values are rendered as literals.
    :param schema: the schema of the table, if it is not the default one.
    :param deferrable: write DEFERRABLE (True) or NOT DEFERRABLE (False).
    :param initially: write INITIALLY followed by this word.
    :param kw: arguments of one backend, such as ``postgresql_not_valid=True``.
    """

def create_exclude_constraint(
    constraint_name: str,
    table_name: str,
    *elements: Any,
    **kw: Any,
) -> Any:
    """Add an exclusion constraint, on PostgreSQL.

    For example::

        op.create_exclude_constraint(
            "booking_no_overlap",
            "booking",
            ("room", "="),
            ("during", "&&"),
            where="NOT cancelled",
            using="gist",
        )

    :param constraint_name: the name of the constraint; None leaves it to the naming convention.
    :param table_name: the name of the table.
    :param elements: pairs of a column name or an expression, and an operator.
    :param where: the condition under which rows are compared, as text or an expression.
    :param schema: the schema of the table, if it is not the default one.
    :param kw: other arguments of SQLAlchemy's ``ExcludeConstraint``: `using`, `deferrable`,
     `initially` and `ops`.
    :raises ValueError: an element is not such a pair, or there are no elements.
    """

def create_foreign_key(
    constraint_name: str | None,
    source_table: str,
    referent_table: str,
    local_cols: list[str],
    remote_cols: list[str],
    *,
    onupdate: str | None = None,
    ondelete: str | None = None,
    deferrable: bool | None = None,
    initially: str | None = None,
    match: str | None = None,
    source_schema: str | None = None,
    referent_schema: str | None = None,
    **dialect_kw: Any,
) -> None:
    """Add a foreign key from one table to another.

    For example::

        op.create_foreign_key(
            "fk_order_customer", "order", "customer", ["customer_id"], ["id"],
            ondelete="CASCADE",
        )

    :param constraint_name: the name of the constraint; None leaves it to the naming
     convention of `target_metadata`, or to the database.
    :param source_table: the table that gets the foreign key.
    :param referent_table: the table that it refers to.
    :param local_cols: the columns of `source_table`.
    :param remote_cols: the columns of `referent_table`, in the same order.
    :param onupdate: the action for ON UPDATE, such as ``"CASCADE"``.
    :param ondelete: the action for ON DELETE.
    :param deferrable: write DEFERRABLE (True) or NOT DEFERRABLE (False).
    :param initially: write INITIALLY followed by this word.
    :param match: write MATCH followed by this word.
    :param source_schema: the schema of `source_table`, if it is not the default one.
    :param referent_schema: the schema of `referent_table`, if it is not the default one.
    :param dialect_kw: arguments of one backend, such as ``postgresql_not_valid=True``.
    """

def create_index(
    index_name: str | None,
    table_name: str,
    columns: Sequence[str | TextClause | ColumnElement[Any]],
    *,
    schema: str | None = None,
    unique: bool = False,
    if_not_exists: bool | None = None,
    **kw: Any,
) -> None:
    """Create an index on a table.

    For example::

        op.create_index("ix_user_name", "user", ["last_name", "first_name"])

    Use `text()` for an expression::

        op.create_index("ix_user_lower", "user", [sa.text("lower(last_name)")])

    :param index_name: the name of the index; None leaves it to the naming convention.
    :param table_name: the name of the table.
    :param columns: column names, `text()` and other expressions.
    :param schema: the schema of the table, if it is not the default one.
    :param unique: create a UNIQUE index.
    :param if_not_exists: add IF NOT EXISTS, if the backend supports it.
    :param kw: arguments of one backend, such as ``postgresql_concurrently=True``,
     ``postgresql_where=…`` or ``mssql_include=[…]``, and `quote`.
    """

def create_primary_key(
    constraint_name: str | None,
    table_name: str,
    columns: list[str],
    *,
    schema: str | None = None,
) -> None:
    """Make existing columns the primary key of a table.

    For example::

        op.create_primary_key("pk_order_line", "order_line", ["order_id", "line"])

    :param constraint_name: the name of the constraint; None leaves it to the naming
     convention of `target_metadata`, or to the database.
    :param table_name: the name of the table.
    :param columns: the column names, in order.
    :param schema: the schema of the table, if it is not the default one.
    """

def create_table(
    table_name: str,
    *columns: SchemaItem,
    if_not_exists: bool | None = None,
    **kw: Any,
) -> Table:
    """Create a table.

    For example::

        account = op.create_table(
            "account",
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("name", sa.String(50), nullable=False),
            sa.Column("owner_id", sa.ForeignKey("user.id")),
            sa.Column("opened", sa.DateTime, server_default=sa.func.now()),
        )

    `op.bulk_insert()` accepts the returned Table::

        op.bulk_insert(account, [{"name": "savings"}])

    Only server defaults are part of the statement; a Python-side `default` has no effect on it.
    The indexes of columns with ``index=True`` are created too.

    :param table_name: the name of the table.
    :param columns: `Column`, `Constraint` and `Index` objects, as for `Table`.
    :param schema: the schema of the table, if it is not the default one.
    :param if_not_exists: add IF NOT EXISTS.
    :param kw: other arguments of `Table`, such as ``comment``, ``prefixes``, ``info`` or
     ``mysql_engine="InnoDB"``.
    :return: the Table.
    """

def create_table_comment(
    table_name: str,
    comment: str | None,
    *,
    existing_comment: str | None = None,
    schema: str | None = None,
) -> None:
    """Set or replace the comment of a table.

    For example::

        op.create_table_comment("account", "bank accounts of customers")

    :param table_name: the name of the table.
    :param comment: the new comment.
    :param existing_comment: the current comment, for the reversal.
    :param schema: the schema of the table, if it is not the default one.
    """

def create_unique_constraint(
    constraint_name: str | None,
    table_name: str,
    columns: Sequence[str],
    *,
    schema: str | None = None,
    **kw: Any,
) -> Any:
    """Add a unique constraint to a table.

    For example::

        op.create_unique_constraint("uq_user_email", "user", ["email"])

    :param constraint_name: the name of the constraint; None leaves it to the naming
     convention of `target_metadata`, or to the database.
    :param table_name: the name of the table.
    :param columns: the column names.
    :param schema: the schema of the table, if it is not the default one.
    :param deferrable: write DEFERRABLE (True) or NOT DEFERRABLE (False).
    :param initially: write INITIALLY followed by this word.
    :param kw: arguments of one backend, such as ``postgresql_nulls_not_distinct``.
    """

def drop_column(
    table_name: str,
    column_name: str,
    *,
    schema: str | None = None,
    **kw: Any,
) -> None:
    """Drop a column from a table.

    For example::

        op.drop_column("account", "closed")

    :param table_name: the name of the table.
    :param column_name: the name of the column.
    :param schema: the schema of the table, if it is not the default one.
    :param if_exists: add IF EXISTS, if the backend supports it.
    :param mssql_drop_default: on SQL Server, first drop the column's default constraint.
    :param mssql_drop_check: on SQL Server, first drop the column's CHECK constraint.
    :param mssql_drop_foreign_key: on SQL Server, first drop the column's only foreign key.
    """

def drop_constraint(
    constraint_name: str,
    table_name: str,
    type_: str | None = None,
    *,
    schema: str | None = None,
    if_exists: bool | None = None,
) -> None:
    """Drop a constraint of any kind.

    For example::

        op.drop_constraint("fk_order_customer", "order", type_="foreignkey")

    :param constraint_name: the name of the constraint in the database. With a naming
     convention, pass a name that is already complete through `op.f()`.
    :param table_name: the name of the table.
    :param type_: ``"foreignkey"``, ``"primary"``, ``"unique"`` or ``"check"``. MySQL and
     MariaDB need it, as they have a different statement for each kind.
    :param schema: the schema of the table, if it is not the default one.
    :param if_exists: add IF EXISTS, if the backend supports it.
    :raises TypeError: `type_` is none of these.
    """

def drop_index(
    index_name: str,
    table_name: str | None = None,
    *,
    schema: str | None = None,
    if_exists: bool | None = None,
    **kw: Any,
) -> None:
    """Drop an index.

    For example::

        op.drop_index("ix_user_name", table_name="user")

    :param index_name: the name of the index.
    :param table_name: the name of its table, which SQL Server, MySQL and MariaDB need.
    :param schema: the schema of the index, if it is not the default one.
    :param if_exists: add IF EXISTS, if the backend supports it.
    :param kw: arguments of one backend, such as ``postgresql_concurrently=True``.
    """

def drop_table(
    table_name: str,
    *,
    schema: str | None = None,
    if_exists: bool | None = None,
    **kw: Any,
) -> None:
    """Drop a table.

    For example::

        op.drop_table("account")

    :param table_name: the name of the table.
    :param schema: the schema of the table, if it is not the default one.
    :param if_exists: add IF EXISTS.
    :param kw: other arguments of `Table`, for event listeners and `@compiles` rules.
    """

def drop_table_comment(
    table_name: str,
    *,
    existing_comment: str | None = None,
    schema: str | None = None,
) -> None:
    """Drop the comment of a table.

    For example::

        op.drop_table_comment("account", existing_comment="bank accounts of customers")

    :param table_name: the name of the table.
    :param existing_comment: the current comment, for the reversal.
    :param schema: the schema of the table, if it is not the default one.
    """

def execute(
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

def f(
    name: str,
) -> conv:
    """Mark a name as final, so that no naming convention changes it.

    For example::

        op.create_check_constraint(op.f("ck_account_name"), "account", "name <> ''")
    """

def get_bind() -> Connection:
    """Return the connection of the migration, or None in offline mode.

    For example::

        names = op.get_bind().execute(sa.text("SELECT name FROM account")).scalars().all()
    """

def get_context() -> MigrationContext:
    """Return the migration context of the operations."""

def implementation_for(
    op_cls: Any,
    replace: bool = False,
) -> Callable[[_C], _C]:
    """Decorator that registers the function as the implementation of an operation class.

    For example::

        @Operations.implementation_for(CreateSequenceOp)
        def create_sequence(operations, operation):
            operations.execute(f"CREATE SEQUENCE {operation.sequence_name}")

    :param op_cls: the operation class.
    :param replace: whether the function may replace an implementation, such as a built-in one.
    :raises ValueError: the class has an implementation and `replace` is not set.
    """

def inline_literal(
    value: str | int,
    type_: TypeEngine[Any] | None = None,
) -> _literal_bindparam:
    """Return an expression that is rendered in the statement instead of bound as a parameter.

    For example::

        op.execute(
            account.update()
            .where(account.c.name == op.inline_literal("loan"))
            .values(name=op.inline_literal("credit"))
        )

    :param value: a string or a number. Other values need a `type_` that can render them.
    :param type_: the type, by default that of the value.
    """

def invoke(
    operation: MigrateOperation,
) -> Any:
    """Run an operation object.

    For example::

        op.invoke(ops.DropTableOp("account"))

    :return: the result of the implementation, for `CreateTableOp` the Table.
    :raises ValueError: the operation has no implementation.
    """

def register_operation(
    name: str,
    sourcename: str | None = None,
) -> Callable[[type[_T]], type[_T]]:
    """Class decorator that adds a directive for the operation class to `op`.

    For example::

        @Operations.register_operation("create_sequence")
        class CreateSequenceOp(MigrateOperation):
            def __init__(self, sequence_name):
                self.sequence_name = sequence_name

            @classmethod
            def create_sequence(cls, operations, sequence_name):
                return operations.invoke(cls(sequence_name))

    This adds ``op.create_sequence("ticket_seq")``.

    :param name: the name of the directive.
    :param sourcename: the classmethod that the directive calls, by default `name`.
    """

def rename_table(
    old_table_name: str,
    new_table_name: str,
    *,
    schema: str | None = None,
) -> None:
    """Rename a table.

    For example::

        op.rename_table("account", "bank_account")

    :param old_table_name: the current name.
    :param new_table_name: the new name.
    :param schema: the schema of the table, if it is not the default one.
    """

def run_async(
    async_function: Callable[..., Awaitable[_T]],
    *args: Any,
    **kw_args: Any,
) -> _T:
    """Call a coroutine function with the `AsyncConnection` of the migration.

    For example::

        async def load(connection, rows):
            await connection.execute(account.insert(), rows)

        op.run_async(load, [{"name": "savings"}])

    :param async_function: called with the connection, then `args` and `kw_args`.
    :return: the awaited result.
    :raises NotImplementedError: the migration runs in offline mode.
    :raises ValueError: the engine is not asynchronous.
    """
