"""Renames on real databases: rows survive, the rest compares as renamed, and the downgrade restores the catalog."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from limbeck.autogenerate import compare_metadata, produce_migrations
from limbeck.migration import MigrationContext
from limbeck.util.exc import CommandError
from sqlalchemy.dialects import mysql, postgresql
from support.generated import database, generate, is_empty, there_and_back

_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
_RENAMES = ["account:users", "account.nick:name", "users.email:mail"]


def _model(
    table: str = "account",
    nick: str = "nick",
    email: str = "email",
    *,
    type_: Any = None,
    nullable: bool = True,
    info: bool = False,
) -> sa.MetaData:
    """Return a table to which two others refer."""
    metadata = sa.MetaData(naming_convention=_CONVENTION)

    def former(name: str) -> dict[str, str]:
        return {"renamed_from": name} if info else {}

    sa.Table(
        table,
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            nick,
            type_ or sa.String(50),
            nullable=nullable,
            server_default="x",
            info=former("nick"),
        ),
        sa.Column(email, sa.String(80), unique=True, info=former("email")),
        sa.Column("age", sa.Integer, index=True),
        sa.CheckConstraint("age > 0", name="positive"),
        info=former("account"),
    )
    key = sa.ForeignKey(f"{table}.id", ondelete="CASCADE")
    sa.Table(
        "orders",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("owner_id", key, nullable=False),
    )
    to_email = sa.ForeignKey(f"{table}.{email}")
    sa.Table("extra", metadata, sa.Column("mail", sa.String(80), to_email, primary_key=True))
    return metadata


def _fill(connection: sa.Connection, metadata: sa.MetaData) -> None:
    metadata.create_all(connection)
    account, orders = metadata.tables["account"], metadata.tables["orders"]
    connection.execute(account.insert().values(id=1, nick="n", email="e", age=3))
    connection.execute(orders.insert().values(id=1, owner_id=1))
    connection.commit()


@pytest.fixture
def connection(database_url: str) -> Any:
    with database(database_url) as opened:
        yield opened


def _needs_batch(connection: sa.Connection) -> bool:
    return connection.dialect.name == "sqlite"


@pytest.mark.parametrize("batch", [False, True], ids=["plain", "batch"])
@pytest.mark.parametrize("by_info", [False, True], ids=["said", "info"])
def test_rename_keeps_rows_and_takes_names_with_it(
    connection: sa.Connection, batch: bool, by_info: bool
) -> None:
    if _needs_batch(connection) and not batch:
        pytest.skip("SQLite changes the type of a column in batch mode only")
    before = _model()
    after = _model("users", "name", "mail", type_=sa.String(60), nullable=False, info=by_info)
    _fill(connection, before)
    made = there_and_back(
        connection, before, after, renames=[] if by_info else _RENAMES, render_as_batch=batch
    )
    rows = connection.execute(sa.text("SELECT id, name, mail, age FROM users")).all()
    assert rows == [(1, "n", "e", 3)]
    assert connection.execute(sa.text("SELECT owner_id FROM orders")).all() == [(1,)]
    assert "op.rename_table('account', 'users')" in made.upgrade
    assert "new_column_name='name'" in made.upgrade
    assert "type_=sa.String(length=60)" in made.upgrade
    assert "drop_table" not in made.upgrade
    assert "drop_column" not in made.upgrade


def test_names_of_a_convention_follow_on_postgresql(postgresql_url: str) -> None:
    with database(postgresql_url) as connection:
        _fill(connection, _model())
        made = there_and_back(
            connection, _model(), _model("users", "name", "mail"), renames=_RENAMES
        )
    assert made.upgrade.split("\n")[1:-1] == [
        "op.rename_table('account', 'users')",
        "op.alter_column('users', 'nick',",
        "           new_column_name='name')",
        "op.alter_column('users', 'email',",
        "           new_column_name='mail')",
        "op.execute('ALTER TABLE users RENAME CONSTRAINT pk_account TO pk_users')",
        "op.execute('ALTER TABLE users RENAME CONSTRAINT uq_account_email TO uq_users_mail')",
        "op.execute('ALTER TABLE users RENAME CONSTRAINT ck_account_positive TO ck_users_positive')",
        "op.execute('ALTER INDEX ix_account_age RENAME TO ix_users_age')",
        "op.execute('ALTER TABLE extra RENAME CONSTRAINT fk_extra_mail_account TO fk_extra_mail_users')",
        (
            "op.execute('ALTER TABLE orders RENAME CONSTRAINT fk_orders_owner_id_account TO "
            "fk_orders_owner_id_users')"
        ),
        "op.execute('ALTER SEQUENCE account_id_seq RENAME TO users_id_seq')",
    ]


def test_former_name_in_the_models_is_ignored_once_it_is_gone(connection: sa.Connection) -> None:
    after = _model("users", "name", "mail", info=True)
    after.create_all(connection)
    assert is_empty(generate(connection, after))


def test_chain_of_renames_is_put_in_order(connection: sa.Connection) -> None:
    def model(*names: str) -> sa.MetaData:
        metadata = sa.MetaData()
        for name, column in zip(names[::2], names[1::2], strict=True):
            sa.Table(name, metadata, sa.Column("id", sa.Integer), sa.Column(column, sa.Integer))
        return metadata

    before, after = model("a", "x", "b", "y"), model("b", "x", "c", "z")
    before.create_all(connection)
    connection.commit()
    made = there_and_back(connection, before, after, renames=["a:b", "b:c", "c.y:z"])
    first, second = made.upgrade.split("\n")[1:3]
    assert (first, second) == ("op.rename_table('b', 'c')", "op.rename_table('a', 'b')")


def test_expressions_of_indexes_and_computed_columns_compare_as_renamed(
    postgresql_url: str,
) -> None:
    def model(name: str) -> sa.MetaData:
        metadata = sa.MetaData()
        table = sa.Table(
            "t",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column(name, sa.String(9)),
            sa.Column("tags", postgresql.ARRAY(sa.Text())),
            sa.Column("twice", sa.Text(), sa.Computed(f"{name} || {name}")),
        )
        sa.Index("lower_name", sa.func.lower(table.c[name]))
        sa.Index("partial", table.c.id, postgresql_where=table.c[name] != "x")
        sa.Index("including", table.c.id, postgresql_include=[name])
        sa.Index("pattern", table.c[name], postgresql_ops={name: "varchar_pattern_ops"})
        sa.Index("descending", table.c[name].desc())
        return metadata

    with database(postgresql_url) as connection:
        model("old").create_all(connection)
        connection.commit()
        made = there_and_back(connection, model("old"), model("new"), renames=["t.old:new"])
    assert "index" not in made.upgrade


def test_identity_and_serial_keep_counting_under_new_names(postgresql_url: str) -> None:
    def model(table: str, column: str) -> sa.MetaData:
        metadata = sa.MetaData()
        sa.Table(table, metadata, sa.Column(column, sa.Integer, sa.Identity(), primary_key=True))
        sa.Table(f"{table}_serial", metadata, sa.Column(column, sa.Integer, primary_key=True))
        return metadata

    before, after = model("a", "x"), model("b", "y")
    with database(postgresql_url) as connection:
        before.create_all(connection)
        for table in before.tables.values():
            connection.execute(table.insert())
        connection.commit()
        renames = ["a:b", "a.x:y", "a_serial:b_serial", "a_serial.x:y"]
        there_and_back(connection, before, after, renames=renames)
        for table in after.tables.values():
            connection.execute(table.insert())
            assert connection.execute(sa.select(table.c.y)).scalars().all() == [1, 2]
        sequences = sa.inspect(connection).get_sequence_names()
        assert sorted(sequences) == ["b_serial_y_seq", "b_y_seq"]


def test_mysql_restates_the_column_or_uses_rename_column(mariadb_url: str) -> None:
    def model(suffix: str) -> sa.MetaData:
        metadata = sa.MetaData()
        names = [
            name + suffix for name in ("id", "json", "text", "stamp", "amount", "twice", "key")
        ]
        now = sa.text("CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP")
        sa.Table("p", metadata, sa.Column("id", sa.Integer, primary_key=True))
        sa.Table(
            "t",
            metadata,
            sa.Column(names[0], sa.Integer, primary_key=True),
            sa.Column(names[1], sa.JSON()),
            sa.Column(names[2], mysql.VARCHAR(9, collation="utf8mb4_bin"), comment="it's"),
            sa.Column(names[3], mysql.TIMESTAMP(), server_default=now, nullable=False),
            sa.Column(names[4], mysql.INTEGER(unsigned=True), nullable=False, server_default="3"),
            sa.Column(names[5], sa.Integer, sa.Computed("1 + 1")),
            sa.Column(names[6], sa.Integer, sa.ForeignKey("p.id")),
            mysql_charset="utf8mb4",
        )
        return metadata

    with database(mariadb_url) as connection:
        model("").create_all(connection)
        connection.execute(sa.text("INSERT INTO t (json) VALUES ('{}')"))
        connection.commit()
        columns = [column.name for column in model("").tables["t"].c]
        made = there_and_back(
            connection, model(""), model("2"), renames=[f"t.{name}:{name}2" for name in columns]
        )
        connection.execute(sa.text("INSERT INTO t (json2) VALUES ('{}')"))
        assert connection.execute(sa.text("SELECT id2, amount2 FROM t")).all() == [(1, 3), (2, 3)]
    assert "RENAME COLUMN json TO json2" in made.upgrade
    assert "RENAME COLUMN twice TO twice2" in made.upgrade


def test_table_of_a_schema(postgresql_url: str) -> None:
    def model(name: str, column: str) -> sa.MetaData:
        metadata = sa.MetaData(schema="other", naming_convention=_CONVENTION)
        sa.Table(name, metadata, sa.Column(column, sa.Integer, primary_key=True, index=True))
        sa.Table("child", metadata, sa.Column("key", sa.ForeignKey(f"other.{name}.{column}")))
        return metadata

    with database(postgresql_url) as connection:
        connection.execute(sa.text("CREATE SCHEMA other"))
        model("a", "x").create_all(connection)
        connection.commit()
        made = there_and_back(
            connection,
            model("a", "x"),
            model("b", "y"),
            renames=["other.a:b", "other.a.x:y"],
            include_schemas=True,
        )
    assert "op.rename_table('a', 'b', schema='other')" in made.upgrade
    assert "ALTER INDEX other.ix_a_x RENAME TO ix_b_y" in made.upgrade


def test_include_name_gets_new_names(connection: sa.Connection) -> None:
    """So a hook that compares the tables of the models only accepts a renamed one."""
    _fill(connection, _model())
    after = _model("users")
    made = generate(
        connection,
        after,
        renames=["account:users"],
        render_as_batch=True,
        include_name=lambda name, kind, parents: kind != "table" or name in after.tables,
    )
    assert "op.rename_table('account', 'users')" in made.upgrade
    assert "create_table" not in made.upgrade


def test_differences_of_compare_metadata(postgresql_url: str) -> None:
    def model(table: str, column: str) -> sa.MetaData:
        metadata = sa.MetaData()
        sa.Table(table, metadata, sa.Column(column, sa.Integer, index=True))
        return metadata

    with database(postgresql_url) as connection:
        model("a", "x").create_all(connection)
        context = MigrationContext.configure(connection, opts={"renames": ["a:b", "a.x:y"]})
        assert compare_metadata(context, model("b", "y")) == [
            ("rename_table", None, "a", "b"),
            [("rename_column", None, "b", "x", "y")],
            ("rename_index", None, "b", "ix_a_x", "ix_b_y"),
        ]


def test_nothing_is_renamed_unless_asked(connection: sa.Connection) -> None:
    _fill(connection, _model())
    context = MigrationContext.configure(connection)
    script = produce_migrations(context, _model("users"))
    assert script.upgrade_ops is not None
    assert any(diff[0] == "add_table" for diff in script.upgrade_ops.as_diffs())
    assert "limbeck.renames" not in str(generate(connection, _model("users")))


def _error(connection: sa.Connection, model: sa.MetaData, *renames: str, **opts: Any) -> str:
    with pytest.raises(CommandError) as caught:
        generate(connection, model, renames=renames, **opts)
    connection.rollback()
    return str(caught.value)


@pytest.mark.parametrize(
    ("rename", "message"),
    [
        ("account", "'account' is no rename"),
        ("a:b:c", "'a:b:c' is no rename"),
        ("a.b.c.d:e", "'a.b.c.d:e' is no rename"),
        ("account:other.users", "only the name changes: `account:users`"),
        ("account:account", "has the same name twice"),
        ("acount:users", "the database has no table 'acount'\n\nhint: did you mean 'account'?"),
        ("account.nik:name", "no column 'account.nik'\n\nhint: did you mean 'nick'?"),
        ("account:user", "models have no table 'user'\n\nhint: did you mean 'users'?"),
        ("account:orders", "the database has the table 'orders' already"),
        ("orders.owner_id:owner", "models have no column 'orders.owner'\n\nhint: did you mean"),
        ("orders.owner_id:id", "the database has the column 'orders.id' already"),
        ("nowhere.t:b", "the database has no table 'nowhere'"),
        ("main.public.other.t:b", "is no rename"),
    ],
)
def test_invalid_rename_is_one_clear_error(
    connection: sa.Connection, rename: str, message: str
) -> None:
    _fill(connection, _model())
    assert message in _error(connection, _model("users"), rename, render_as_batch=True)


def test_rename_used_twice_is_an_error(connection: sa.Connection) -> None:
    _fill(connection, _model())
    model = _model("users", "name")
    assert "'account' is renamed twice" in _error(connection, model, "account:users", "account:u")
    both = _error(connection, model, "account.nick:name", "account.email:name")
    assert "'name' is renamed twice: 'account.nick:name' and 'account.email:name'" in both


def test_exchanged_names_are_an_error(connection: sa.Connection) -> None:
    metadata = sa.MetaData()
    sa.Table("a", metadata, sa.Column("x", sa.Integer))
    sa.Table("b", metadata, sa.Column("y", sa.Integer))
    metadata.create_all(connection)
    assert "Cannot exchange the names" in _error(connection, metadata, "a:b", "b:a")


def test_former_name_that_is_no_name_is_an_error(sqlite_url: str) -> None:
    metadata = sa.MetaData()
    sa.Table("a", metadata, sa.Column("x", sa.Integer, info={"renamed_from": 5}))
    with database(sqlite_url) as connection:
        metadata.create_all(connection)
        assert "`renamed_from` of column 'a.x' of the models is no name: 5" in _error(
            connection, metadata
        )


def test_two_former_names_are_an_error(sqlite_url: str) -> None:
    metadata = sa.MetaData()
    for name in ("b", "c"):
        sa.Table(name, metadata, sa.Column("x", sa.Integer), info={"renamed_from": "a"})
    with database(sqlite_url) as connection:
        connection.execute(sa.text("CREATE TABLE a (x INTEGER)"))
        assert "table 'a' is renamed to 'b' and to 'c'" in _error(connection, metadata)


def test_schema_that_is_not_compared_is_an_error(postgresql_url: str) -> None:
    metadata = sa.MetaData(schema="other")
    sa.Table("b", metadata, sa.Column("x", sa.Integer))
    with database(postgresql_url) as connection:
        connection.execute(sa.text("CREATE SCHEMA other"))
        connection.execute(sa.text("CREATE TABLE other.a (x INTEGER)"))
        connection.commit()
        assert "the schema 'other' is not compared" in _error(connection, metadata, "other.a:b")


def test_unique_constraint_on_sqlite_needs_batch_mode(sqlite_url: str) -> None:
    with database(sqlite_url) as connection:
        _fill(connection, _model())
        found = _error(connection, _model("users"), "account:users")
    assert "SQLite cannot rename the unique constraint 'uq_account_email'" in found
    assert "render_as_batch=True" in found


def test_names_that_need_quotes(connection: sa.Connection) -> None:
    def model(table: str, column: str) -> sa.MetaData:
        metadata = sa.MetaData(naming_convention=_CONVENTION)
        sa.Table(
            table,
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column(column, sa.String(9), index=True, unique=True),
        )
        return metadata

    before, after = model("it's", "a 'b'"), model("the order", "select")
    before.create_all(connection)
    connection.commit()
    renames = ["it's:the order", "it's.a 'b':select"]
    there_and_back(connection, before, after, renames=renames, render_as_batch=True)


def test_names_with_a_colon_are_said_in_the_models(postgresql_url: str) -> None:
    def model(table: str, column: str, former: bool) -> sa.MetaData:
        metadata = sa.MetaData(naming_convention=_CONVENTION)
        info = [{"renamed_from": name} if former else {} for name in ("a:b", "c:d")]
        key = sa.Column(column, sa.Integer, index=True, info=info[1])
        sa.Table(table, metadata, key, info=info[0])
        return metadata

    with database(postgresql_url) as connection:
        model("a:b", "c:d", False).create_all(connection)
        connection.commit()
        there_and_back(connection, model("a:b", "c:d", False), model(":x", "y:z", True))
