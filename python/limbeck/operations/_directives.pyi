"""The directives that operation classes register, for type checkers and editors.

Written by tools/operation_stubs.py from the operation classes; edit those.
"""

from collections.abc import Sequence
from typing import Any, Literal

from sqlalchemy import Table
from sqlalchemy.sql import Executable, TableClause
from sqlalchemy.sql.elements import ColumnElement, TextClause
from sqlalchemy.sql.schema import Column, SchemaItem
from sqlalchemy.types import TypeEngine

from limbeck.operations._ops.alter_column import _ServerDefaultArgument

class OperationDirectives:
    def add_column(
        self,
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
        self,
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

    def bulk_insert(
        self,
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

    def create_check_constraint(
        self,
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
        self,
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
        self,
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
        self,
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
        self,
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
        self,
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
        self,
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
        self,
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
        self,
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
        self,
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
        self,
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
        self,
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
        self,
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
        self,
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

    def rename_table(
        self,
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

class BatchDirectives:
    def add_column(
        self,
        column: Column[Any],
        *,
        insert_before: str | None = None,
        insert_after: str | None = None,
        if_not_exists: bool | None = None,
        inline_references: bool | None = None,
        inline_primary_key: bool | None = None,
    ) -> None:
        """Add a column to the table of this batch.

        For example::

            with op.batch_alter_table("account") as batch_op:
                batch_op.add_column(sa.Column("closed", sa.Date))

        The other parameters are those of `op.add_column()`.

        :param insert_before: add the column before this one, in a table that is recreated.
        :param insert_after: add the column after this one, in a table that is recreated.
        """

    def alter_column(
        self,
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
        insert_before: str | None = None,
        insert_after: str | None = None,
        **kw: Any,
    ) -> None:
        """Change a column of the table of this batch.

        For example::

            with op.batch_alter_table("account") as batch_op:
                batch_op.alter_column("name", new_column_name="title")

        The other parameters are those of `op.alter_column()`.

        :param insert_before: without effect, as in Alembic. To move the column, use
         `partial_reordering` of `batch_alter_table()`.
        :param insert_after: without effect, as in Alembic.
        """

    def create_check_constraint(
        self,
        constraint_name: str,
        condition: str | ColumnElement[bool] | TextClause,
        **kw: Any,
    ) -> None:
        """Add a CHECK constraint to the table of this batch.

        For example::

            with op.batch_alter_table("user") as batch_op:
                batch_op.create_check_constraint("ck_user_age", "age >= 0")
        """

    def create_exclude_constraint(
        self,
        constraint_name: str,
        *elements: Any,
        **kw: Any,
    ) -> Any:
        """Add an exclusion constraint to the table of this batch, on PostgreSQL.

        For example::

            with op.batch_alter_table("booking") as batch_op:
                batch_op.create_exclude_constraint(
                    "booking_no_overlap", ("room", "="), ("during", "&&"), using="gist"
                )

        The parameters are those of `create_exclude_constraint()`, without the table.
        """

    def create_foreign_key(
        self,
        constraint_name: str | None,
        referent_table: str,
        local_cols: list[str],
        remote_cols: list[str],
        *,
        referent_schema: str | None = None,
        onupdate: str | None = None,
        ondelete: str | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        match: str | None = None,
        **dialect_kw: Any,
    ) -> None:
        """Add a foreign key to the table of this batch.

        For example::

            with op.batch_alter_table("order") as batch_op:
                batch_op.create_foreign_key(
                    "fk_order_customer", "customer", ["customer_id"], ["id"]
                )

        The parameters are those of `op.create_foreign_key()`, without the source table.
        """

    def create_index(
        self,
        index_name: str,
        columns: Sequence[str | TextClause | ColumnElement[Any]],
        **kw: Any,
    ) -> None:
        """Create an index on the table of this batch.

        For example::

            with op.batch_alter_table("user") as batch_op:
                batch_op.create_index("ix_user_email", ["email"], unique=True)
        """

    def create_primary_key(
        self,
        constraint_name: str | None,
        columns: list[str],
    ) -> None:
        """Make existing columns the primary key of the table of this batch.

        For example::

            with op.batch_alter_table("order_line") as batch_op:
                batch_op.create_primary_key("pk_order_line", ["order_id", "line"])
        """

    def create_table_comment(
        self,
        comment: str | None,
        *,
        existing_comment: str | None = None,
    ) -> None:
        """Set the comment of the table of this batch.

        For example::

            with op.batch_alter_table("account") as batch_op:
                batch_op.create_table_comment("bank accounts of customers")
        """

    def create_unique_constraint(
        self,
        constraint_name: str,
        columns: Sequence[str],
        **kw: Any,
    ) -> Any:
        """Add a unique constraint to the table of this batch.

        For example::

            with op.batch_alter_table("user") as batch_op:
                batch_op.create_unique_constraint("uq_user_email", ["email"])
        """

    def drop_column(
        self,
        column_name: str,
        **kw: Any,
    ) -> None:
        """Drop a column from the table of this batch.

        For example::

            with op.batch_alter_table("account") as batch_op:
                batch_op.drop_column("closed")

        :param column_name: the name of the column.
        :param existing_type: its type, if the type has a CHECK constraint to drop.
        """

    def drop_constraint(
        self,
        constraint_name: str,
        type_: str | None = None,
    ) -> None:
        """Drop a constraint of the table of this batch.

        For example::

            with op.batch_alter_table("order") as batch_op:
                batch_op.drop_constraint("uq_order_number", type_="unique")

        To drop a constraint without a name, give `batch_alter_table()` a `naming_convention` that
        names it.

        :param constraint_name: the name of the constraint.
        :param type_: ``"foreignkey"``, ``"primary"``, ``"unique"`` or ``"check"``.
        """

    def drop_index(
        self,
        index_name: str,
        **kw: Any,
    ) -> None:
        """Drop an index of the table of this batch.

        For example::

            with op.batch_alter_table("user") as batch_op:
                batch_op.drop_index("ix_user_email")
        """

    def drop_table_comment(
        self,
        *,
        existing_comment: str | None = None,
    ) -> None:
        """Remove the comment of the table of this batch.

        For example::

            with op.batch_alter_table("account") as batch_op:
                batch_op.drop_table_comment()
        """

    def execute(
        self,
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
