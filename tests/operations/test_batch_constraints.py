"""Batch mode: constraints, their names, and those that types and conventions add."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.util import CommandError
from sqlalchemy import Connection

CONVENTION = {"ck": "ck_%(table_name)s_%(constraint_name)s"}


def operations(connection: Connection, convention: dict[str, str] | None = None) -> Operations:
    opts = {"target_metadata": sa.MetaData(naming_convention=convention)} if convention else {}
    return Operations(MigrationContext.configure(connection, opts=opts))


def execute(connection: Connection, *statements: str) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)


def sql(connection: Connection) -> str:
    """Return the CREATE statement of the table `t`, with spaces collapsed."""
    found = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 't'").scalar()
    return " ".join(str(found).split())


def test_changed_enum_replaces_its_check(sqlite_connection: Connection) -> None:
    execute(
        sqlite_connection,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, c VARCHAR(1), CONSTRAINT enc CHECK (c IN ('x')))",
        "INSERT INTO t VALUES (1, 'x')",
    )
    wider = sa.Enum("x", "z", name="enc", create_constraint=True)
    with operations(sqlite_connection).batch_alter_table("t") as batch_op:
        batch_op.alter_column("c", type_=wider, existing_type=sa.String(1))
    assert sql(sqlite_connection).count("CHECK") == 1
    execute(sqlite_connection, "INSERT INTO t VALUES (2, 'z')")
    with pytest.raises(sa.exc.IntegrityError, match="enc"):
        execute(sqlite_connection, "INSERT INTO t VALUES (3, 'q')")


def test_check_of_a_copy_from_type_is_dropped_with_the_type(
    sqlite_connection: Connection,
) -> None:
    table = sa.Table(
        "t", sa.MetaData(), sa.Column("c", sa.Enum("x", name="enc", create_constraint=True))
    )
    table.create(sqlite_connection)
    with operations(sqlite_connection).batch_alter_table("t", copy_from=table) as batch_op:
        batch_op.alter_column("c", type_=sa.String(3))
    assert sql(sqlite_connection) == 'CREATE TABLE "t" ( c VARCHAR(3) )'


def test_renamed_and_retyped_column_gets_a_conventional_check_name(
    sqlite_connection: Connection,
) -> None:
    execute(sqlite_connection, "CREATE TABLE t (a TEXT)")
    flag = sa.Boolean(create_constraint=True, name="flag")
    with operations(sqlite_connection, CONVENTION).batch_alter_table("t") as batch_op:
        batch_op.alter_column("a", new_column_name="z", type_=flag)
    assert sql(sqlite_connection) == (
        'CREATE TABLE "t" ( z BOOLEAN, CONSTRAINT ck_t_flag CHECK (z IN (0, 1)) )'
    )


def test_swapped_columns_keep_their_checks(sqlite_connection: Connection) -> None:
    execute(
        sqlite_connection,
        "CREATE TABLE t (a TEXT, b TEXT)",
        "INSERT INTO t VALUES ('a', '1')",
    )
    flag = sa.Boolean(create_constraint=True, name="flag")
    with operations(sqlite_connection).batch_alter_table("t") as batch_op:
        batch_op.alter_column("b", new_column_name="a", type_=flag)
        batch_op.alter_column("a", new_column_name="b")
    assert "b TEXT, a BOOLEAN, CONSTRAINT flag CHECK (a IN (0, 1))" in sql(sqlite_connection)
    assert sqlite_connection.exec_driver_sql("SELECT a, b FROM t").all() == [(1, "a")]


@pytest.mark.filterwarnings("ignore:Unnamed CHECK constraint")
@pytest.mark.parametrize("new", [sa.Integer(), sa.String(4), sa.Enum("x", "y", name="en")])
def test_unnamed_boolean_is_altered_with_a_convention(
    sqlite_connection: Connection, new: Any
) -> None:
    execute(sqlite_connection, "CREATE TABLE t (a BOOLEAN, CHECK (a IN (0, 1)))")
    with operations(sqlite_connection, CONVENTION).batch_alter_table("t") as batch_op:
        batch_op.alter_column("a", type_=new, existing_type=sa.Boolean(create_constraint=True))
    assert "BOOLEAN" not in sql(sqlite_connection)
    assert "CHECK" not in sql(sqlite_connection)


@pytest.mark.filterwarnings("ignore:Constraint 't_pkey' is not added")
@pytest.mark.parametrize(
    ("columns", "key", "expected"),
    [
        ("a INTEGER NOT NULL, old INTEGER NOT NULL", "a, old", "a, b"),
        ("old INTEGER NOT NULL", "old", "b"),
    ],
)
def test_primary_key_follows_a_renamed_column(
    sqlite_connection: Connection, columns: str, key: str, expected: str
) -> None:
    execute(sqlite_connection, f"CREATE TABLE t ({columns}, CONSTRAINT pk_t PRIMARY KEY ({key}))")
    with operations(sqlite_connection).batch_alter_table("t") as batch_op:
        batch_op.alter_column("old", new_column_name="b")
        batch_op.create_primary_key("t_pkey", expected.split(", "))
    assert f"CONSTRAINT pk_t PRIMARY KEY ({expected})" in sql(sqlite_connection)


def test_primary_key_loses_a_readded_column(
    sqlite_connection: Connection,
) -> None:
    execute(sqlite_connection, "CREATE TABLE t (a INTEGER, b INTEGER, PRIMARY KEY (a, b))")
    with operations(sqlite_connection).batch_alter_table("t") as batch_op:
        batch_op.drop_column("b")
        batch_op.add_column(sa.Column("b", sa.Text()))
    assert "PRIMARY KEY (a)" in sql(sqlite_connection)


@pytest.mark.parametrize("referent_schema", [None, "main"])
def test_foreign_key_refers_to_the_schema_of_the_batch(
    sqlite_connection: Connection, referent_schema: str | None
) -> None:
    execute(
        sqlite_connection,
        "CREATE TABLE par (id INTEGER PRIMARY KEY)",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, c INTEGER)",
    )
    op = operations(sqlite_connection)
    with op.batch_alter_table("t", schema="main") as batch_op:
        batch_op.create_foreign_key("fk1", "par", ["c"], ["id"], referent_schema=referent_schema)
        batch_op.create_foreign_key("fk2", "t", ["c"], ["id"], referent_schema=referent_schema)
    assert "CONSTRAINT fk1 FOREIGN KEY(c) REFERENCES par (id)" in sql(sqlite_connection)
    assert "CONSTRAINT fk2 FOREIGN KEY(c) REFERENCES t (id)" in sql(sqlite_connection)


def test_foreign_key_of_copy_from_is_kept_in_a_schema(sqlite_connection: Connection) -> None:
    execute(
        sqlite_connection, "CREATE TABLE par (id INTEGER PRIMARY KEY)", "CREATE TABLE t (c INT)"
    )
    table = sa.Table(
        "t",
        sa.MetaData(),
        sa.Column("c", sa.Integer, sa.ForeignKey("par.id", name="fk1")),
        schema="main",
    )
    op = operations(sqlite_connection)
    with op.batch_alter_table("t", schema="main", copy_from=table) as batch_op:
        batch_op.alter_column("c", nullable=False)
    assert "CONSTRAINT fk1 FOREIGN KEY(c) REFERENCES par (id)" in sql(sqlite_connection)


@pytest.mark.parametrize("dialect", ["postgresql", "mysql", "sqlite", "mssql"])
def test_rows_are_cast_to_a_new_type(offline: Any, dialect: str) -> None:
    table = sa.Table("t", sa.MetaData(), sa.Column("a", sa.Text), sa.Column("b", sa.String(3)))

    def work(op: Operations) -> None:
        with op.batch_alter_table("t", recreate="always", copy_from=table) as batch_op:
            batch_op.alter_column("a", type_=sa.Integer())
            batch_op.alter_column("b", type_=sa.String(9))

    written = offline(work, dialect)
    assert "CAST(t.a AS " in written
    assert "CAST(t.b" not in written


@pytest.mark.parametrize(
    "work",
    [
        lambda b: b.drop_column("nope"),
        lambda b: b.alter_column("nope", nullable=True),
        lambda b: b.add_column(sa.Column("n", sa.Integer), insert_after="nope"),
    ],
)
def test_unknown_column_is_a_key_error(sqlite_connection: Connection, work: Any) -> None:
    execute(sqlite_connection, "CREATE TABLE t (a TEXT)")

    def mistaken() -> None:
        op = operations(sqlite_connection)
        with op.batch_alter_table("t", recreate="always") as batch_op:
            work(batch_op)

    with pytest.raises(KeyError) as caught:
        mistaken()
    assert isinstance(caught.value, CommandError)
    assert "'nope'" in str(caught.value)
    assert not str(caught.value).startswith('"')


def test_readded_column_ignores_its_dropped_neighbour(
    sqlite_connection: Connection,
) -> None:
    execute(sqlite_connection, "CREATE TABLE t (b TEXT, c TEXT, a TEXT, d TEXT)")
    with operations(sqlite_connection).batch_alter_table("t") as batch_op:
        batch_op.drop_column("d")
        batch_op.add_column(sa.Column("d", sa.Integer()))
        batch_op.drop_column("a")
    # When `d` was added, the last column was `a`, which is dropped.
    assert [c["name"] for c in sa.inspect(sqlite_connection).get_columns("t")] == ["b", "d", "c"]


def test_constraints_of_equal_names_are_kept(sqlite_connection: Connection) -> None:
    execute(
        sqlite_connection,
        "CREATE TABLE t (a INTEGER, b INTEGER, "
        "CONSTRAINT low CHECK (a > 0), CONSTRAINT low CHECK (b > 0))",
    )
    with operations(sqlite_connection).batch_alter_table("t") as batch_op:
        batch_op.alter_column("a", nullable=False)
    assert "CHECK (a > 0)" in sql(sqlite_connection)
    assert "CHECK (b > 0)" in sql(sqlite_connection)
    with operations(sqlite_connection).batch_alter_table("t") as batch_op:
        batch_op.drop_constraint("low", type_="check")
    assert "CHECK" not in sql(sqlite_connection)


SAME_NAME_CONVENTION = {"ck": "ck_%(table_name)s_%(column_0_name)s"}


@pytest.mark.parametrize("naming_convention", [None, SAME_NAME_CONVENTION])
@pytest.mark.parametrize(
    ("other", "work", "expected"),
    [
        ("b > 0", lambda b: b.drop_column("b"), None),
        ("length(B) > 0", lambda b: b.drop_column("b"), None),
        ("""'it''s b' <> b""", lambda b: b.drop_column("b"), None),
        ("[b] > 0", lambda b: b.drop_column("b"), None),
        ("""a <> 'b'""", lambda b: b.drop_column("b"), "a <> 'b'"),
        (
            """a <> 'b' AND b > 0""",
            lambda b: b.alter_column("b", new_column_name="My b"),
            """a <> 'b' AND "My b" > 0""",
        ),
        ("""b > 0""", lambda b: b.alter_column("b", nullable=False), "b > 0"),
        ("""length("length") > 0""", lambda b: b.drop_column("b"), """length("length") > 0"""),
        (
            """length("length") > 0""",
            lambda b: b.alter_column("length", new_column_name="n"),
            """length(n) > 0""",
        ),
    ],
)
def test_checks_of_equal_names_follow_dropped_and_renamed_columns(
    sqlite_connection: Connection,
    naming_convention: dict[str, str] | None,
    other: str,
    work: Any,
    expected: str | None,
) -> None:
    name = "" if naming_convention else "CONSTRAINT ck_t_ "
    execute(
        sqlite_connection,
        f"CREATE TABLE t (a TEXT, b INTEGER, length TEXT, {name}CHECK (a <> ''), "
        f"{name}CHECK ({other}))",
        "INSERT INTO t VALUES ('1', 1, '1')",
    )
    op = operations(sqlite_connection)
    with op.batch_alter_table(
        "t", recreate="always", naming_convention=naming_convention
    ) as batch_op:
        work(batch_op)
    found = sql(sqlite_connection)
    assert "CONSTRAINT ck_t_ CHECK (a <> '')" in found
    if expected is None:
        assert found.count("CHECK") == 1
    else:
        assert f"CONSTRAINT ck_t_ CHECK ({expected})" in found


def test_checks_of_equal_names_follow_swapped_columns(
    sqlite_connection: Connection,
) -> None:
    execute(
        sqlite_connection,
        "CREATE TABLE t (a INTEGER, b INTEGER, "
        "CONSTRAINT low CHECK (a > 0), CONSTRAINT low CHECK (b > 5))",
        "INSERT INTO t VALUES (1, 6)",
    )
    with operations(sqlite_connection).batch_alter_table("t") as batch_op:
        batch_op.alter_column("a", new_column_name="b")
        batch_op.alter_column("b", new_column_name="a")
    assert "CHECK (b > 0), CONSTRAINT low CHECK (a > 5)" in sql(sqlite_connection)


def test_check_on_the_new_column_name_is_added(sqlite_connection: Connection) -> None:
    execute(sqlite_connection, "CREATE TABLE t (a INTEGER, b INTEGER)")
    with operations(sqlite_connection).batch_alter_table("t") as batch_op:
        batch_op.alter_column("a", new_column_name="n")
        batch_op.create_check_constraint("low", sa.column("n") > 0)
    assert "CONSTRAINT low CHECK (n > 0)" in sql(sqlite_connection)


def test_check_is_dropped_with_its_column(offline: Any) -> None:
    table = sa.Table(
        "t",
        sa.MetaData(),
        sa.Column("a", sa.Integer),
        sa.Column("b", sa.Integer),
        sa.CheckConstraint(sa.column("b") > 0, name="low"),
    )

    def work(op: Operations) -> None:
        with op.batch_alter_table("t", copy_from=table) as batch_op:
            batch_op.drop_column("b")

    assert "CHECK" not in offline(work, "sqlite")
