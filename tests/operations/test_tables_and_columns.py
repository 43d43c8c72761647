"""Operations on tables and columns, on each database: the schema after the upgrade and the downgrade."""

from typing import Any

import pytest
import sqlalchemy as sa
from alembic.operations import Operations
from sqlalchemy import Connection


def columns(connection: Connection, table: str) -> dict[str, dict[str, Any]]:
    return {c["name"]: dict(c) for c in sa.inspect(connection).get_columns(table)}


def tables(connection: Connection) -> list[str]:
    return sorted(sa.inspect(connection).get_table_names())


def is_dialect(connection: Connection, *names: str) -> bool:
    return connection.dialect.name in names


@pytest.fixture
def account(op: Operations) -> sa.Table:
    """Create a table with two rows."""
    table = op.create_table(
        "account",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(50), nullable=False, server_default="unnamed"),
        sa.Column("balance", sa.Integer),
    )
    op.bulk_insert(
        table, [{"id": 1, "name": "a", "balance": 5}, {"id": 2, "name": "b", "balance": None}]
    )
    return table


def rows(connection: Connection, statement: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.execute(sa.text(statement))]


def test_create_and_drop_a_table(op: Operations, connection: Connection) -> None:
    op.create_table("owner", sa.Column("id", sa.Integer, primary_key=True))
    table = op.create_table(
        "account",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", sa.String(50), nullable=False, index=True),
        sa.Column("owner_id", sa.Integer, sa.ForeignKey("owner.id", name="fk_owner")),
        sa.Column("opened", sa.DateTime, server_default=sa.func.now()),
        sa.UniqueConstraint("name", "owner_id", name="uq_name"),
        sa.CheckConstraint("id > 0", name="ck_id"),
        sa.Index("ix_owner", "owner_id"),
    )
    assert isinstance(table, sa.Table)

    inspector = sa.inspect(connection)
    assert tables(connection) == ["account", "owner"]
    reflected = columns(connection, "account")
    assert list(reflected) == ["id", "name", "owner_id", "opened"]
    assert (reflected["name"]["nullable"], reflected["owner_id"]["nullable"]) == (False, True)
    assert reflected["opened"]["default"] is not None
    assert inspector.get_pk_constraint("account")["constrained_columns"] == ["id"]
    assert [k["name"] for k in inspector.get_foreign_keys("account")] == ["fk_owner"]
    assert [k["name"] for k in inspector.get_unique_constraints("account")] == ["uq_name"]
    assert [k["name"] for k in inspector.get_check_constraints("account")] == ["ck_id"]
    indexes = {k["name"] for k in inspector.get_indexes("account")}
    assert {"ix_account_name", "ix_owner"} <= indexes

    op.drop_table("account")
    op.drop_table("owner")
    assert tables(connection) == []


def test_if_exists_and_if_not_exists(op: Operations, connection: Connection) -> None:
    for _ in range(2):
        op.create_table("account", sa.Column("id", sa.Integer), if_not_exists=True)
    assert tables(connection) == ["account"]
    for _ in range(2):
        op.drop_table("account", if_exists=True)
    assert tables(connection) == []


def test_rename_a_table(op: Operations, connection: Connection, account: sa.Table) -> None:
    op.rename_table("account", "bank_account")
    assert tables(connection) == ["bank_account"]
    assert rows(connection, "SELECT id FROM bank_account ORDER BY id") == [(1,), (2,)]
    op.rename_table("bank_account", "account")
    assert tables(connection) == ["account"]


def test_comment_on_a_table(op: Operations, connection: Connection, account: sa.Table) -> None:
    if is_dialect(connection, "sqlite"):
        pytest.skip("SQLite has no comments")
    op.create_table_comment("account", "of customers")
    assert sa.inspect(connection).get_table_comment("account")["text"] == "of customers"
    op.drop_table_comment("account", existing_comment="of customers")
    assert not sa.inspect(connection).get_table_comment("account")["text"]


def test_add_and_drop_a_column(op: Operations, connection: Connection, account: sa.Table) -> None:
    op.add_column("account", sa.Column("note", sa.String(20), server_default="-"))
    op.add_column("account", sa.Column("kind", sa.Integer, index=True))
    reflected = columns(connection, "account")
    assert list(reflected) == ["id", "name", "balance", "note", "kind"]
    assert rows(connection, "SELECT note, kind FROM account") == [("-", None)] * 2
    indexed = [k["column_names"] for k in sa.inspect(connection).get_indexes("account")]
    assert indexed == [["kind"]]

    op.drop_index("ix_account_kind", table_name="account")
    op.drop_column("account", "kind")
    op.drop_column("account", "note")
    assert list(columns(connection, "account")) == ["id", "name", "balance"]
    assert rows(connection, "SELECT name FROM account ORDER BY id") == [("a",), ("b",)]


def test_add_a_column_with_a_foreign_key(
    op: Operations, connection: Connection, account: sa.Table
) -> None:
    op.create_table("owner", sa.Column("id", sa.Integer, primary_key=True))
    column = sa.Column("owner_id", sa.Integer, sa.ForeignKey("owner.id", name="fk_owner"))
    op.add_column("account", column, inline_references=is_dialect(connection, "sqlite"))
    (key,) = sa.inspect(connection).get_foreign_keys("account")
    assert (key["referred_table"], key["constrained_columns"]) == ("owner", ["owner_id"])

    if not is_dialect(connection, "sqlite"):
        op.drop_constraint(str(key["name"]), "account", type_="foreignkey")
        op.drop_column("account", "owner_id")
        assert list(columns(connection, "account")) == ["id", "name", "balance"]


def test_added_column_may_belong_to_a_model(
    op: Operations, connection: Connection, account: sa.Table
) -> None:
    model = sa.Table("model", sa.MetaData(), sa.Column("note", sa.String(20)))
    op.add_column("account", model.c.note)
    assert "note" in columns(connection, "account")
    assert model.c.note.table is model


def test_alter_a_column(op: Operations, connection: Connection, account: sa.Table) -> None:
    if is_dialect(connection, "sqlite"):
        with pytest.raises(Exception, match="ALTER"):
            op.alter_column("account", "name", nullable=True)
        return
    existing: dict[str, Any] = {
        "existing_type": sa.String(50),
        "existing_nullable": False,
        "existing_server_default": "unnamed",
    }
    op.alter_column("account", "name", type_=sa.String(80), **existing)
    op.alter_column(
        "account", "name", nullable=True, **(existing | {"existing_type": sa.String(80)})
    )
    op.alter_column(
        "account",
        "name",
        server_default="nobody",
        existing_type=sa.String(80),
        existing_nullable=True,
    )
    reflected = columns(connection, "account")["name"]
    assert (reflected["type"].length, reflected["nullable"]) == (80, True)
    assert "nobody" in reflected["default"]

    op.alter_column("account", "name", server_default=None, existing_type=sa.String(80))
    op.alter_column(
        "account",
        "name",
        new_column_name="title",
        type_=sa.String(50),
        nullable=False,
        existing_type=sa.String(80),
    )
    reflected = columns(connection, "account")["title"]
    assert (reflected["type"].length, reflected["nullable"]) == (50, False)
    assert not reflected["default"]
    assert rows(connection, "SELECT title FROM account ORDER BY id") == [("a",), ("b",)]


def test_comment_on_a_column(op: Operations, connection: Connection, account: sa.Table) -> None:
    if is_dialect(connection, "sqlite"):
        pytest.skip("SQLite has no comments")
    existing: dict[str, Any] = {"existing_type": sa.Integer(), "existing_nullable": True}
    op.alter_column("account", "balance", comment="in cents", **existing)
    assert columns(connection, "account")["balance"]["comment"] == "in cents"
    op.alter_column("account", "balance", comment=None, existing_comment="in cents", **existing)
    assert not columns(connection, "account")["balance"]["comment"]
    op.add_column("account", sa.Column("note", sa.String(5), comment="free text"))
    assert columns(connection, "account")["note"]["comment"] == "free text"


def test_check_of_a_type_is_added_and_dropped(op: Operations, connection: Connection) -> None:
    if is_dialect(connection, "sqlite"):
        pytest.skip("SQLite adds a constraint with the table only")
    kind = sa.Enum("new", "old", name="ck_kind", native_enum=False, create_constraint=True)
    op.create_table("thing", sa.Column("kind", sa.String(10)))

    def checks() -> list[str | None]:
        return [c["name"] for c in sa.inspect(connection).get_check_constraints("thing")]

    op.alter_column("thing", "kind", type_=kind, existing_type=sa.String(10))
    assert checks() == ["ck_kind"]
    op.alter_column("thing", "kind", type_=sa.String(10), existing_type=kind)
    # MySQL and MariaDB keep it, as with Alembic; it needs drop_constraint() there.
    assert checks() == (["ck_kind"] if is_dialect(connection, "mysql", "mariadb") else [])


def test_bulk_insert(op: Operations, connection: Connection, account: sa.Table) -> None:
    named = sa.table("account", sa.column("id", sa.Integer), sa.column("name", sa.String))
    op.bulk_insert(named, [{"id": 3, "name": "c"}, {"id": 4, "name": "d"}])
    op.bulk_insert(named, [])
    op.bulk_insert(
        account,
        [{"id": 5, "name": sa.func.upper("e")}, {"id": 6, "name": op.inline_literal("f")}],
        multiinsert=False,
    )
    found = rows(connection, "SELECT id, name FROM account WHERE id > 2 ORDER BY id")
    assert found == [(3, "c"), (4, "d"), (5, "E"), (6, "f")]


@pytest.mark.parametrize(
    "wrong", [{"id": 3}, [("id", 3)], "id"], ids=["a dictionary", "a list of tuples", "text"]
)
def test_bulk_insert_requires_dictionaries(op: Operations, account: sa.Table, wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"List of dictionaries expected|List expected"):
        op.bulk_insert(account, wrong)


def test_execute(op: Operations, connection: Connection, account: sa.Table) -> None:
    op.execute("UPDATE account SET balance = 7 WHERE id = 1")
    op.execute(account.update().where(account.c.id == 2).values(balance=8))
    op.execute(sa.text("UPDATE account SET name = :name WHERE id = 2").bindparams(name="B"))
    assert rows(connection, "SELECT balance, name FROM account ORDER BY id") == [
        (7, "a"),
        (8, "B"),
    ]
    assert op.get_bind() is connection


def test_run_async_requires_an_async_connection(op: Operations, offline: Any) -> None:
    async def never(connection: Any) -> None:
        raise AssertionError("called")

    with pytest.raises(ValueError, match="Cannot call run_async with a sync engine"):
        op.run_async(never)


def test_invalid_argument_is_named(op: Operations, account: sa.Table) -> None:
    with pytest.raises(TypeError, match="column_name"):
        op.drop_column("account")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="nulable"):
        op.create_primary_key("pk", "account", ["id"], nulable=True)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="can be one of 'check', 'foreignkey', 'primary', 'unique'"):
        op.drop_constraint("x", "account", type_="uniqe")
