"""Batch mode: on SQLite with a rebuild, on other databases with `recreate="always"` too."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.operations import BatchOperations, Operations
from alembic.util import CommandError
from sqlalchemy import Connection

CONVENTION = {
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "pk": "pk_%(table_name)s",
}


def columns(connection: Connection, table: str = "account") -> dict[str, dict[str, Any]]:
    return {c["name"]: dict(c) for c in sa.inspect(connection).get_columns(table)}


def rows(connection: Connection, table: str = "account") -> list[tuple[Any, ...]]:
    found = connection.execute(sa.text(f"SELECT * FROM {table} ORDER BY 1"))
    return [tuple(row) for row in found]


def names(items: list[Any]) -> list[str]:
    return sorted(str(item["name"]) for item in items)


@pytest.fixture
def account(op: Operations, connection: Connection) -> None:
    """Create a table with constraints, indexes and rows."""
    table = op.create_table(
        "account",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", sa.String(50), server_default="unnamed"),
        sa.Column("balance", sa.Integer),
        sa.UniqueConstraint("name", name="uq_name"),
        sa.CheckConstraint("id > 0", name="ck_id"),
        sa.Index("ix_balance", "balance"),
    )
    op.bulk_insert(
        table, [{"id": 1, "name": "a", "balance": 5}, {"id": 2, "name": "b", "balance": None}]
    )
    connection.commit()


@pytest.fixture(params=["auto", "always"])
def recreate(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


def test_upgrade_and_downgrade(
    op: Operations, connection: Connection, account: None, recreate: Any
) -> None:
    with op.batch_alter_table("account", recreate=recreate) as batch_op:
        batch_op.add_column(sa.Column("note", sa.String(20), server_default="-"))
        batch_op.alter_column(
            "balance", new_column_name="cents", type_=sa.BigInteger(), existing_type=sa.Integer()
        )
        batch_op.drop_constraint("uq_name", type_="unique")
        batch_op.create_unique_constraint("uq_both", ["id", "name"])
        batch_op.create_index("ix_name", ["name"])

    changed = columns(connection)
    assert list(changed) == ["id", "name", "cents", "note"]
    assert isinstance(changed["cents"]["type"], sa.BigInteger)
    inspector = sa.inspect(connection)
    assert names(inspector.get_unique_constraints("account")) == ["uq_both"]
    assert names(inspector.get_check_constraints("account")) == ["ck_id"]
    assert {"ix_balance", "ix_name"} <= set(names(inspector.get_indexes("account")))
    assert inspector.get_pk_constraint("account")["constrained_columns"] == ["id"]
    assert rows(connection) == [(1, "a", 5, "-"), (2, "b", None, "-")]

    with op.batch_alter_table("account", recreate=recreate) as batch_op:
        batch_op.drop_index("ix_name")
        batch_op.drop_constraint("uq_both", type_="unique")
        batch_op.create_unique_constraint("uq_name", ["name"])
        batch_op.alter_column(
            "cents",
            new_column_name="balance",
            type_=sa.Integer(),
            existing_type=sa.BigInteger(),
        )
        batch_op.drop_column("note")

    inspector = sa.inspect(connection)
    assert list(columns(connection)) == ["id", "name", "balance"]
    assert names(inspector.get_unique_constraints("account")) == ["uq_name"]
    assert "ix_name" not in names(inspector.get_indexes("account"))
    assert "ix_balance" in names(inspector.get_indexes("account"))
    assert rows(connection) == [(1, "a", 5), (2, "b", None)]
    assert sorted(inspector.get_table_names()) == ["account"]


def test_exception_in_the_block_changes_nothing(
    op: Operations, connection: Connection, account: None
) -> None:
    def half_done() -> None:
        with op.batch_alter_table("account", recreate="always") as batch_op:
            batch_op.drop_column("name")
            raise LookupError("changed my mind")

    with pytest.raises(LookupError):
        half_done()
    assert list(columns(connection)) == ["id", "name", "balance"]


def test_failing_rebuild_keeps_the_table(
    op: Operations, connection: Connection, account: None
) -> None:
    def impossible() -> None:
        with op.batch_alter_table("account", recreate="always") as batch_op:
            batch_op.alter_column(
                "balance", nullable=False, existing_type=sa.Integer(), existing_nullable=True
            )

    with pytest.raises(sa.exc.DBAPIError) as failure:
        impossible()
    assert "balance" in str(failure.value)
    connection.rollback()
    assert rows(connection) == [(1, "a", 5), (2, "b", None)]
    inspector = sa.inspect(connection)
    assert columns(connection)["balance"]["nullable"] is True
    assert "ix_balance" in names(inspector.get_indexes("account"))


def test_partial_reordering(op: Operations, connection: Connection, account: None) -> None:
    with op.batch_alter_table(
        "account", recreate="always", partial_reordering=[("balance", "id")]
    ) as batch_op:
        batch_op.add_column(sa.Column("note", sa.String(5)), insert_after="balance")
    assert list(columns(connection)).index("balance") < list(columns(connection)).index("id")
    with op.batch_alter_table("account", recreate="always") as batch_op:
        batch_op.add_column(sa.Column("first", sa.Integer), insert_before="name")
    order = list(columns(connection))
    assert order.index("first") == order.index("name") - 1
    assert connection.execute(sa.text("SELECT id, balance FROM account ORDER BY id")).all() == [
        (1, 5),
        (2, None),
    ]


def test_column_position_requires_a_rebuild(op: Operations, account: None) -> None:
    def placed() -> None:
        with op.batch_alter_table("account", recreate="never") as batch_op:
            batch_op.add_column(sa.Column("note", sa.String(5)), insert_after="id")

    with pytest.raises(CommandError, match="please specify recreate='always'"):
        placed()


def test_recreate_never_alters_in_place(
    op: Operations, connection: Connection, account: None
) -> None:
    with op.batch_alter_table("account", recreate="never") as batch_op:
        batch_op.add_column(sa.Column("note", sa.String(5)))
    assert list(columns(connection)) == ["id", "name", "balance", "note"]


def test_execute_runs_immediately(op: Operations, connection: Connection, account: None) -> None:
    with op.batch_alter_table("account", recreate="always") as batch_op:
        batch_op.alter_column(
            "balance", nullable=False, existing_type=sa.Integer(), existing_nullable=True
        )
        batch_op.execute("UPDATE account SET balance = 0 WHERE balance IS NULL")
    assert columns(connection)["balance"]["nullable"] is False
    assert rows(connection) == [(1, "a", 5), (2, "b", 0)]


# -- what only SQLite needs -----------------------------------------------------------------


@pytest.fixture
def orders(sqlite_op: Operations, sqlite_connection: Connection) -> None:
    """Create tables with unnamed constraints and rows."""
    for statement in (
        "CREATE TABLE customer (id INTEGER NOT NULL PRIMARY KEY)",
        (
            "CREATE TABLE orders (id INTEGER NOT NULL, customer_id INTEGER, parent_id INTEGER, "
            "paid BOOLEAN, PRIMARY KEY (id), UNIQUE (parent_id), "
            "FOREIGN KEY(customer_id) REFERENCES customer (id) ON DELETE CASCADE, "
            "FOREIGN KEY(parent_id) REFERENCES orders (id), "
            "CONSTRAINT ck_paid CHECK (paid IN (0, 1)))"
        ),
        "INSERT INTO customer VALUES (1)",
        "INSERT INTO orders VALUES (1, 1, NULL, 1), (2, 1, 1, 0)",
    ):
        sqlite_connection.exec_driver_sql(statement)
    sqlite_connection.commit()


Work = Callable[[BatchOperations], Any]


def test_unnamed_constraints_are_dropped_by_conventional_names(
    sqlite_op: Operations, sqlite_connection: Connection, orders: None
) -> None:
    with sqlite_op.batch_alter_table("orders", naming_convention=CONVENTION) as batch_op:
        batch_op.drop_constraint("fk_orders_customer_id_customer", type_="foreignkey")
        batch_op.drop_constraint("uq_orders_parent_id", type_="unique")
    inspector = sa.inspect(sqlite_connection)
    assert [k["referred_table"] for k in inspector.get_foreign_keys("orders")] == ["orders"]
    assert inspector.get_unique_constraints("orders") == []
    assert names(inspector.get_check_constraints("orders")) == ["ck_paid"]
    assert rows(sqlite_connection, "orders") == [(1, 1, None, 1), (2, 1, 1, 0)]


def test_self_referential_table(
    sqlite_op: Operations, sqlite_connection: Connection, orders: None
) -> None:
    with sqlite_op.batch_alter_table("orders") as batch_op:
        batch_op.alter_column("id", new_column_name="number")
    keys = {
        k["referred_table"]: k["referred_columns"]
        for k in sa.inspect(sqlite_connection).get_foreign_keys("orders")
    }
    assert keys == {"customer": ["id"], "orders": ["number"]}
    sqlite_connection.exec_driver_sql("PRAGMA foreign_keys=ON")
    assert sqlite_connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []


def test_options_of_foreign_keys_are_kept(
    sqlite_op: Operations, sqlite_connection: Connection, orders: None
) -> None:
    with sqlite_op.batch_alter_table("orders", recreate="always"):
        pass
    options = {
        k["referred_table"]: k["options"]
        for k in sa.inspect(sqlite_connection).get_foreign_keys("orders")
    }
    assert options == {"customer": {"ondelete": "CASCADE"}, "orders": {}}


def test_boolean_is_dropped_with_its_check(
    sqlite_op: Operations, sqlite_connection: Connection, orders: None
) -> None:
    flag = sa.Boolean(create_constraint=True, name="ck_paid")
    with sqlite_op.batch_alter_table("orders") as batch_op:
        batch_op.alter_column("paid", type_=sa.Integer(), existing_type=flag)
    assert sa.inspect(sqlite_connection).get_check_constraints("orders") == []
    with sqlite_op.batch_alter_table("orders") as batch_op:
        batch_op.alter_column("paid", type_=flag, existing_type=sa.Integer())
    assert names(sa.inspect(sqlite_connection).get_check_constraints("orders")) == ["ck_paid"]
    with sqlite_op.batch_alter_table("orders") as batch_op:
        batch_op.drop_column("paid", existing_type=flag)
    assert sa.inspect(sqlite_connection).get_check_constraints("orders") == []
    assert rows(sqlite_connection, "orders") == [(1, 1, None), (2, 1, 1)]


def test_enum_column_is_added_with_a_convention(
    sqlite_connection: Connection, orders: None
) -> None:
    from alembic.migration import MigrationContext

    op = Operations(
        MigrationContext.configure(
            sqlite_connection, opts={"target_metadata": sa.MetaData(naming_convention=CONVENTION)}
        )
    )
    kind = sa.Enum("new", "old", name="kind", create_constraint=True)
    with op.batch_alter_table("orders", naming_convention=CONVENTION) as batch_op:
        batch_op.add_column(sa.Column("kind", kind, server_default="new"))
    found = names(sa.inspect(sqlite_connection).get_check_constraints("orders"))
    assert found == ["ck_orders_kind", "ck_paid"]
    assert [row[-1] for row in rows(sqlite_connection, "orders")] == ["new", "new"]


def test_primary_key_is_dropped_and_created(
    sqlite_op: Operations, sqlite_connection: Connection, orders: None
) -> None:
    def key() -> dict[str, Any]:
        return dict(sa.inspect(sqlite_connection).get_pk_constraint("orders"))

    with sqlite_op.batch_alter_table("orders", naming_convention=CONVENTION) as batch_op:
        batch_op.drop_constraint("pk_orders", type_="primary")
    assert key()["constrained_columns"] == []
    with sqlite_op.batch_alter_table("orders") as batch_op:
        batch_op.create_primary_key("pk_both", ["id", "customer_id"])
    assert (key()["name"], key()["constrained_columns"]) == ("pk_both", ["id", "customer_id"])
    with sqlite_op.batch_alter_table("orders") as batch_op:
        batch_op.create_primary_key("pk_id", ["id"])
    assert (key()["name"], key()["constrained_columns"]) == ("pk_id", ["id"])
    assert len(rows(sqlite_connection, "orders")) == 2


def test_computed_column_is_kept_removed_and_added(
    sqlite_op: Operations, sqlite_connection: Connection
) -> None:
    sqlite_connection.exec_driver_sql(
        "CREATE TABLE box (width INTEGER, area INTEGER GENERATED ALWAYS AS (width * width) STORED)"
    )
    sqlite_connection.exec_driver_sql("INSERT INTO box (width) VALUES (3)")
    sqlite_connection.commit()
    with sqlite_op.batch_alter_table("box") as batch_op:
        batch_op.alter_column("width", nullable=False)
    assert rows(sqlite_connection, "box") == [(3, 9)]
    with sqlite_op.batch_alter_table("box") as batch_op:
        batch_op.alter_column("area", server_default=None)
    # The computed value becomes a stored value.
    assert rows(sqlite_connection, "box") == [(3, 9)]
    assert "computed" not in columns(sqlite_connection, "box")["area"]
    with sqlite_op.batch_alter_table("box") as batch_op:
        batch_op.add_column(sa.Column("half", sa.Integer, sa.Computed("width / 2")))
        batch_op.alter_column("half", nullable=True, server_default=None)
    # The column itself is computed again.
    assert rows(sqlite_connection, "box") == [(3, 9, 1)]


def test_table_args_and_kwargs_are_applied(
    sqlite_op: Operations, sqlite_connection: Connection, orders: None
) -> None:
    def as_text(inspector: Any, table: Any, column: dict[str, Any]) -> None:
        if column["name"] == "customer_id":
            column["type"] = sa.Text()

    with sqlite_op.batch_alter_table(
        "orders",
        recreate="always",
        table_args=(sa.CheckConstraint("id < 100", name="ck_small"),),
        table_kwargs={"sqlite_with_rowid": False},
        reflect_args=(sa.Column("paid", sa.SmallInteger()),),
        reflect_kwargs={"listeners": [("column_reflect", as_text)]},
    ):
        pass
    changed = columns(sqlite_connection, "orders")
    assert isinstance(changed["paid"]["type"], sa.SmallInteger)
    assert isinstance(changed["customer_id"]["type"], sa.Text)
    checks = names(sa.inspect(sqlite_connection).get_check_constraints("orders"))
    assert checks == ["ck_paid", "ck_small"]
    (sql,) = sqlite_connection.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE name = 'orders'"
    ).scalars()
    assert "WITHOUT ROWID" in sql


def test_all_kinds_of_indexes_are_kept(
    sqlite_op: Operations, sqlite_connection: Connection
) -> None:
    for statement in (
        "CREATE TABLE word (id INTEGER PRIMARY KEY, text VARCHAR(9), lang VARCHAR(2))",
        "CREATE UNIQUE INDEX ix_unique ON word (text, lang)",
        "CREATE INDEX ix_partial ON word (text) WHERE lang = 'en'",
    ):
        sqlite_connection.exec_driver_sql(statement)
    sqlite_connection.commit()
    with sqlite_op.batch_alter_table("word") as batch_op:
        batch_op.alter_column("text", new_column_name="word")
        batch_op.create_index("ix_lower", [sa.text("lower(lang)")])
        batch_op.create_index("ix_down", [sa.column("lang").desc()])
    found = sqlite_connection.exec_driver_sql(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    )
    indexes = {row[0]: row[1] for row in found}
    assert indexes == {
        "ix_unique": "CREATE UNIQUE INDEX ix_unique ON word (word, lang)",
        "ix_partial": "CREATE INDEX ix_partial ON word (word) WHERE lang = 'en'",
        "ix_lower": "CREATE INDEX ix_lower ON word (lower(lang))",
        "ix_down": "CREATE INDEX ix_down ON word (lang DESC)",
    }


@pytest.mark.parametrize(
    ("work", "error", "message"),
    [
        (lambda b: b.drop_column("nope"), CommandError, "No such column in table 'orders': 'nope'"),
        (lambda b: b.alter_column("nope", nullable=True), CommandError, "No such column"),
        (
            lambda b: (
                b.alter_column("paid", new_column_name="settled"),
                b.alter_column("settled", nullable=False),
            ),
            CommandError,
            "the same batch renames 'paid' to it",
        ),
        (
            lambda b: b.add_column(sa.Column("paid", sa.Integer)),
            CommandError,
            "it has a column of that name",
        ),
        (lambda b: b.drop_constraint("nope"), ValueError, "No such constraint: 'nope'"),
        (lambda b: b.drop_constraint(None), ValueError, "Constraint must have a name"),
        (
            lambda b: b.create_unique_constraint(None, ["id"]),
            ValueError,
            "Constraint must have a name",
        ),
        (lambda b: b.drop_index("nope"), ValueError, "No such index: 'nope'"),
        (lambda b: b.create_index("ix", ["nope"]), CommandError, "No such column"),
        (lambda b: b.create_table("x"), AttributeError, r"call op\.create_table\(\) outside"),
    ],
)
def test_invalid_operations_change_nothing(
    sqlite_op: Operations,
    sqlite_connection: Connection,
    orders: None,
    work: Work,
    error: type[Exception],
    message: str,
) -> None:
    def mistaken() -> None:
        with sqlite_op.batch_alter_table("orders", recreate="always") as batch_op:
            work(batch_op)

    with pytest.raises(error, match=message):
        mistaken()
    assert sorted(sa.inspect(sqlite_connection).get_table_names()) == ["customer", "orders"]
    assert len(rows(sqlite_connection, "orders")) == 2


def test_index_of_a_dropped_column_cannot_be_dropped(
    sqlite_op: Operations, sqlite_connection: Connection
) -> None:
    sqlite_connection.exec_driver_sql("CREATE TABLE word (id INTEGER, text TEXT, lang TEXT)")
    sqlite_connection.exec_driver_sql("CREATE INDEX ix_text ON word (text, lang)")

    def without_the_index() -> None:
        with sqlite_op.batch_alter_table("word") as batch_op:
            batch_op.drop_column("text")

    # Migrations catch this error, and continue with the rebuilt table.
    with pytest.raises(sa.exc.OperationalError, match="no such column: text"):
        without_the_index()
    assert list(columns(sqlite_connection, "word")) == ["id", "lang"]


def test_index_is_kept_on_the_column_that_takes_the_name(
    sqlite_op: Operations, sqlite_connection: Connection
) -> None:
    sqlite_connection.exec_driver_sql("CREATE TABLE word (id INTEGER, text TEXT, other TEXT)")
    sqlite_connection.exec_driver_sql("CREATE INDEX ix_text ON word (text)")
    sqlite_connection.exec_driver_sql("INSERT INTO word VALUES (1, 'a', 'b')")
    sqlite_connection.commit()
    with sqlite_op.batch_alter_table("word") as batch_op:
        batch_op.drop_column("text")
        batch_op.alter_column("other", new_column_name="text")
    (index,) = sa.inspect(sqlite_connection).get_indexes("word")
    assert (index["name"], index["column_names"]) == ("ix_text", ["text"])
    assert rows(sqlite_connection, "word") == [(1, "b")]


def test_constraint_on_the_new_column_name_warns(
    sqlite_op: Operations, sqlite_connection: Connection, orders: None
) -> None:
    def renamed_and_constrained() -> None:
        with sqlite_op.batch_alter_table("orders") as batch_op:
            batch_op.alter_column(
                "paid", new_column_name="settled", existing_type=sa.Boolean(name="ck_paid")
            )
            batch_op.create_unique_constraint("uq_settled", ["settled"])

    with pytest.warns(UserWarning, match=r"'settled'; within the batch, .* 'paid'"):
        renamed_and_constrained()
    assert "settled" in columns(sqlite_connection, "orders")


# -- offline --------------------------------------------------------------------------------


def test_offline_requires_copy_from(offline: Callable[..., str]) -> None:
    def unknown(op: Operations) -> None:
        with op.batch_alter_table("account") as batch_op:
            batch_op.drop_column("note")

    with pytest.raises(CommandError, match='"copy_from" argument of the batch_alter_table'):
        offline(unknown, "sqlite")
    assert offline(unknown, "postgresql") == "ALTER TABLE account DROP COLUMN note;"


def test_offline_with_copy_from(offline: Callable[..., str]) -> None:
    table = sa.Table(
        "account",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("note", sa.String(9)),
        sa.Index("ix_note", "note"),
    )

    def change(op: Operations) -> None:
        with op.batch_alter_table("account", copy_from=table) as batch_op:
            batch_op.alter_column("note", type_=sa.Integer())

    assert offline(change, "sqlite") == (
        "CREATE TABLE _alembic_tmp_account ( id INTEGER NOT NULL, note INTEGER, PRIMARY KEY (id) );"
        " INSERT INTO _alembic_tmp_account (id, note) SELECT account.id, "
        "CAST(account.note AS INTEGER) AS note FROM account;"
        " DROP TABLE account; ALTER TABLE _alembic_tmp_account RENAME TO account;"
        " CREATE INDEX ix_note ON account (note);"
    )
    assert list(table.c.keys()) == ["id", "note"]
    assert isinstance(table.c.note.type, sa.String)
