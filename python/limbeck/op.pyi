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

    The foreign key of the column, its CHECK constraint from a type such as Boolean, and the
    index of ``index=True`` follow in statements of their own. A column that is not nullable
    needs a `server_default` where the table has rows.

    :param table_name: the table that gets the column.
    :param column: the `Column`; None of the Table objects of the application is needed.
    :param schema: the schema of the table, where it is not the default one.
    :param if_not_exists: add IF NOT EXISTS, where the backend has it.
    :param inline_references: write the foreign key as REFERENCES within ADD COLUMN, where
     the backend can, rather than as a constraint added after it.
    :param inline_primary_key: write PRIMARY KEY within ADD COLUMN for a column that has
     ``primary_key=True``; without it the column does not become the primary key.
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

    What is not given stays as it is. MySQL, MariaDB and SQL Server restate the whole column
    in some of these changes; there, say with the `existing_…` parameters what does not
    change. SQLite cannot alter a column: see `op.batch_alter_table()`.

    :param table_name: the table of the column.
    :param column_name: the name the column has.
    :param nullable: whether NULL is allowed from now on.
    :param comment: the new comment; None removes it.
    :param server_default: the new server default: text, `text()`, a function, `Computed` or
     `Identity`; None removes it.
    :param new_column_name: the name the column gets.
    :param type_: the type the column gets. The CHECK constraint that a type such as Boolean
     may carry is added.
    :param existing_type: the type it has. The CHECK constraint that comes with it is
     dropped when the type changes.
    :param existing_server_default: the server default it has.
    :param existing_nullable: whether it allows NULL now.
    :param existing_comment: the comment it has.
    :param schema: the schema of the table, where it is not the default one.
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
    """Gather the changes of one table and carry them out together.

    For example::

        with op.batch_alter_table("account") as batch_op:
            batch_op.add_column(sa.Column("closed", sa.Date))
            batch_op.drop_column("note")

    SQLite can hardly alter a table. There, the changes are made to a new table, into which
    the rows are copied and which then takes the place of the old one. Other backends get
    plain ALTER statements when the block ends. Nothing happens if the block raises.

    :param table_name: the table.
    :param schema: its schema, where it is not the default one.
    :param recreate: ``"auto"`` makes a new table where the backend needs one for what the
     batch contains; ``"always"`` does so in any case, and ``"never"`` in none.
    :param partial_reordering: tuples of column names that will follow each other in the new
     table, such as ``[("id", "name", "closed")]``.
    :param copy_from: a Table that says what the table looks like now, in place of reading
     it from the database; in offline mode there is no other way to make a new table.
    :param table_args: constraints and columns to add to the new table.
    :param table_kwargs: keywords for the new `Table`, such as ``{"sqlite_strict": True}``.
    :param reflect_args: columns that replace what is read from the database, such as
     ``[sa.Column("flag", sa.Boolean(create_constraint=False))]``.
    :param reflect_kwargs: keywords for the `Table` that is read from the database, such as
     ``{"listeners": [("column_reflect", fn)]}``.
    :param naming_convention: gives names to constraints that the database has without one,
     so that `drop_constraint()` can speak of them, such as
     ``{"fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s"}``.
    :raises alembic.util.CommandError: where a new table is needed and cannot be made.
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

    In offline mode each row becomes an INSERT with its values written out, as far as the
    types of the columns know how to write theirs; where a type does not, use
    `op.inline_literal()`.

    :param table: what to insert into: a `table()` with its columns, or the Table that
     `op.create_table()` returned.
    :param rows: a list of dictionaries, all with the same keys.
    :param multiinsert: send the rows together, in one `executemany()`. With False each row
     is an INSERT of its own, and values may be SQL expressions.
    :raises TypeError: where `rows` is not a list of dictionaries.
    """

@contextmanager
def context(
    migration_context: MigrationContext,
) -> Iterator[Operations]:
    """Make `alembic.op` speak to this migration context within a `with` block.

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

    The condition may be text, or an expression of columns that belong to no table.

    :param constraint_name: the name of the constraint; None leaves it to the naming
     convention of the environment's `target_metadata`, or else to the database.
    :param table_name: the table that gets the constraint.
    :param condition: what has to hold for each row. Values in it are written literally.
    :param schema: the schema of the table, where it is not the default one.
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

    :param constraint_name: the name of the constraint. The name is a string, or `None`
     under a naming convention.
    :param table_name: the table.
    :param elements: pairs of a column, by its name or as an expression, and an operator.
    :param where: the condition under which rows are compared, as text or an expression.
    :param schema: the schema of the table, where it is not the default one.
    :param kw: also `using`, `deferrable`, `initially` and `ops`, as of SQLAlchemy's
     ``ExcludeConstraint``.
    :raises ValueError: where an element is no such pair, or there is none.
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
     convention of the environment's `target_metadata`, or else to the database.
    :param source_table: the table that gets the foreign key.
    :param referent_table: the table it points to.
    :param local_cols: the columns in `source_table`.
    :param remote_cols: the columns in `referent_table`, in the same order.
    :param onupdate: what follows ON UPDATE, such as ``"CASCADE"``.
    :param ondelete: what follows ON DELETE.
    :param deferrable: write DEFERRABLE (True) or NOT DEFERRABLE (False).
    :param initially: what follows INITIALLY.
    :param match: what follows MATCH.
    :param source_schema: the schema of `source_table`, where it is not the default one.
    :param referent_schema: the schema of `referent_table`, likewise.
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

    An expression is given as `text()`::

        op.create_index("ix_user_lower", "user", [sa.text("lower(last_name)")])

    :param index_name: the name of the index; None leaves it to the naming convention.
    :param table_name: the table to index.
    :param columns: names of columns, `text()` and other expressions.
    :param schema: the schema of the table, where it is not the default one.
    :param unique: make it a UNIQUE index.
    :param if_not_exists: add IF NOT EXISTS, where the backend has it.
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

    No Table object is needed: a stand-in with these columns is made for the statement.

    :param constraint_name: the name of the constraint; None leaves it to the naming
     convention of the environment's `target_metadata`, or else to the database.
    :param table_name: the table that gets the primary key.
    :param columns: the names of its columns, in order.
    :param schema: the schema of the table, where it is not the default one.
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

    What the function returns is a Table, which `op.bulk_insert()` can fill::

        op.bulk_insert(account, [{"name": "savings"}])

    Only server-side defaults reach the database; a Python-side `default` has no effect.
    Indexes asked for by ``index=True`` are created too.

    :param table_name: the name of the table.
    :param columns: `Column`, `Constraint` and `Index` objects, as for `Table`.
    :param schema: the schema of the table, where it is not the default one.
    :param if_not_exists: add IF NOT EXISTS.
    :param kw: anything else that `Table` takes, such as ``comment``, ``prefixes``, ``info``
     or ``mysql_engine="InnoDB"``.
    :return: the Table.
    """

def create_table_comment(
    table_name: str,
    comment: str | None,
    *,
    existing_comment: str | None = None,
    schema: str | None = None,
) -> None:
    """Set the comment of a table, in place of the one it may have.

    For example::

        op.create_table_comment("account", "bank accounts of customers")

    :param table_name: the name of the table.
    :param comment: the new comment.
    :param existing_comment: the comment it has, for the way back.
    :param schema: the schema of the table, where it is not the default one.
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
     convention of the environment's `target_metadata`, or else to the database.
    :param table_name: the table that gets the constraint.
    :param columns: the names of the columns that are unique together.
    :param schema: the schema of the table, where it is not the default one.
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

    :param table_name: the table of the column.
    :param column_name: the name of the column.
    :param schema: the schema of the table, where it is not the default one.
    :param if_exists: add IF EXISTS, where the backend has it.
    :param mssql_drop_default: drop the column's default constraint first, of SQL Server.
    :param mssql_drop_check: drop the column's CHECK constraint first, likewise.
    :param mssql_drop_foreign_key: drop the column's single foreign key first, likewise.
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

    :param constraint_name: the name the constraint has in the database. Under a naming
     convention, put a name that is already complete inside `op.f()`.
    :param table_name: the table that has the constraint.
    :param type_: ``"foreignkey"``, ``"primary"``, ``"unique"`` or ``"check"``. MySQL and
     MariaDB need it, since they drop each kind with another statement.
    :param schema: the schema of the table, where it is not the default one.
    :param if_exists: add IF EXISTS, where the backend has it.
    :raises TypeError: where `type_` is none of the words above.
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
    :param table_name: the table it belongs to. SQL Server, MySQL and MariaDB need it.
    :param schema: the schema of the index, where it is not the default one.
    :param if_exists: add IF EXISTS, where the backend has it.
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
    :param schema: the schema of the table, where it is not the default one.
    :param if_exists: add IF EXISTS.
    :param kw: anything else that `Table` takes, for events and compilation rules to see.
    """

def drop_table_comment(
    table_name: str,
    *,
    existing_comment: str | None = None,
    schema: str | None = None,
) -> None:
    """Remove the comment of a table.

    For example::

        op.drop_table_comment("account", existing_comment="bank accounts of customers")

    :param table_name: the name of the table.
    :param existing_comment: the comment it has, for the way back.
    :param schema: the schema of the table, where it is not the default one.
    """

def execute(
    sqltext: Executable | str,
    *,
    execution_options: dict[str, Any] | None = None,
) -> None:
    """Run a statement; in offline mode, write it.

    For example::

        op.execute("INSERT INTO account (name) VALUES ('savings')")
        op.execute(account.update().where(account.c.name == "loan").values(name="credit"))

    There is no result: to read from the database, go by `op.get_bind()`. In text, a colon
    before a word makes a bound parameter of it; write ``\\:`` for a colon as such. Values in
    an expression are bound online and written out offline; `op.inline_literal()` writes
    them in both.

    :param sqltext: text, `text()`, or any statement of SQLAlchemy.
    :param execution_options: options for `Connection.execution_options()`.
    """

def f(
    name: str,
) -> conv:
    """Mark a name as complete, so that no naming convention changes it.

    For example::

        op.create_check_constraint(op.f("ck_account_name"), "account", "name <> ''")
    """

def get_bind() -> Connection:
    """Return the connection that migrations run on; in offline mode there is none, so None.

    For example::

        names = op.get_bind().execute(sa.text("SELECT name FROM account")).scalars().all()
    """

def get_context() -> MigrationContext:
    """Return the migration context that the operations take effect in."""

def implementation_for(
    op_cls: Any,
    replace: bool = False,
) -> Callable[[_C], _C]:
    """Decorator: this function carries out operations of that class.

    For example::

        @Operations.implementation_for(CreateSequenceOp)
        def create_sequence(operations, operation):
            operations.execute(f"CREATE SEQUENCE {operation.sequence_name}")

    :param op_cls: the class of operations.
    :param replace: allow an implementation that is there already, such as one of the
     built-in ones, to be replaced.
    :raises ValueError: where there is one already and `replace` is not set.
    """

def inline_literal(
    value: str | int,
    type_: TypeEngine[Any] | None = None,
) -> _literal_bindparam:
    """Return an expression that is written into the statement rather than bound to it.

    For example::

        op.execute(
            account.update()
            .where(account.c.name == op.inline_literal("loan"))
            .values(name=op.inline_literal("credit"))
        )

    :param value: the value: a string or a number; other types of value need a `type_` that
     can write them.
    :param type_: the type; by default the one that goes with the value.
    """

def invoke(
    operation: MigrateOperation,
) -> Any:
    """Carry out an operation object.

    For example::

        op.invoke(ops.DropTableOp("account"))

    :return: what the implementation returns; for `CreateTableOp` that is the Table.
    :raises ValueError: where no implementation is registered for it.
    """

def register_operation(
    name: str,
    sourcename: str | None = None,
) -> Callable[[type[_T]], type[_T]]:
    """Class decorator: give `op` a directive that makes and invokes this operation.

    For example::

        @Operations.register_operation("create_sequence")
        class CreateSequenceOp(MigrateOperation):
            def __init__(self, sequence_name):
                self.sequence_name = sequence_name

            @classmethod
            def create_sequence(cls, operations, sequence_name):
                return operations.invoke(cls(sequence_name))

    From then on there is ``op.create_sequence("ticket_seq")``.

    :param name: the name of the directive.
    :param sourcename: the name of the classmethod, where it is another one.
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

    :param old_table_name: the name it has.
    :param new_table_name: the name it gets.
    :param schema: the schema of the table, where it is not the default one.
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
    :return: what it returns, awaited.
    :raises NotImplementedError: in offline mode.
    :raises ValueError: where the connection is not one of an asynchronous engine.
    """
