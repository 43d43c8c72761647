"""NOT NULL on a table that exists: the revision does not run before its values are filled in, and keeps the rows."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from limbeck.autogenerate import compare_metadata
from limbeck.migration import MigrationContext
from limbeck.snapshot import compare
from support.generated import Generated, database, generate, is_empty
from support.programs import Program

_PLUGINS = ["alembic.autogenerate.*", "limbeck.not_null"]


@pytest.fixture
def connection(database_url: str) -> Any:
    with database(database_url) as opened:
        yield opened


def _model(
    *columns: sa.schema.SchemaItem, name: str = "account", schema: str | None = None
) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table(name, metadata, sa.Column("id", sa.Integer, primary_key=True), *columns, schema=schema)
    return metadata


def _before(name: str = "account") -> sa.MetaData:
    return _model(sa.Column("nick", sa.String(20)), sa.Column("n", sa.Integer), name=name)


def _generate(connection: sa.Connection, model: sa.MetaData, **opts: Any) -> Generated:
    if connection.dialect.name == "sqlite":
        opts.setdefault("render_as_batch", True)
    return generate(connection, model, autogenerate_plugins=_PLUGINS, **opts)


def _fill(connection: sa.Connection, before: sa.MetaData, **rows: Any) -> None:
    before.create_all(connection)
    (table,) = before.tables.values()
    for number in (1, 2):
        connection.execute(table.insert().values(id=number, **rows))
    connection.commit()


def _filled(code: str, *values: str) -> str:
    for value in values:
        code = code.replace(": FILL_IN,", f": {value},", 1)
    assert "FILL_IN," not in code
    return code


@pytest.mark.parametrize("batch", [False, True], ids=["plain", "batch"])
def test_columns_get_their_values(connection: sa.Connection, batch: bool) -> None:
    before = _before()
    _fill(connection, before)
    table = before.tables["account"]
    connection.execute(table.update().where(table.c.id == 2).values(nick="kept", n=7))
    connection.commit()
    after = _model(
        sa.Column("nick", sa.String(20), nullable=False),
        sa.Column("n", sa.BigInteger, nullable=False),
        sa.Column("born", sa.Date, nullable=False, index=True),
        sa.Column("odd name's", sa.String(9), nullable=False),
        sa.UniqueConstraint("odd name's", name="uq"),
        sa.Column("free", sa.Integer),
        sa.Column("zero", sa.Integer, server_default="0", nullable=False),
    )
    made = _generate(connection, after, render_as_batch=batch)
    assert made.upgrade.count("FILL_IN,") == 4
    assert made.upgrade.count(".update()") == 1
    first = made.snapshot()
    code = _filled(
        made.upgrade,
        'sa.text("current_date")',
        "sa.cast(sa.column('id'), sa.String(9))",
        "'new'",
        "3",
    )
    if connection.dialect.name == "sqlite" and not batch:
        pytest.skip("SQLite changes the type of a column in batch mode only")
    made.run(code)
    rows = connection.execute(sa.text("SELECT id, nick, n, zero FROM account ORDER BY id")).all()
    assert rows == [(1, "new", 3, 0), (2, "kept", 7, 0)]
    assert is_empty(_generate(connection, after))
    made.run(made.downgrade)
    assert not list(compare(first, made.snapshot()))


def test_nothing_runs_before_the_values_are_filled_in(connection: sa.Connection) -> None:
    _fill(connection, _before())
    after = _model(
        sa.Column("nick", sa.String(20)),
        sa.Column("n", sa.Integer),
        sa.Column("more", sa.Integer),
        sa.Column("age", sa.Integer, nullable=False),
    )
    sa.Table("first", after, sa.Column("id", sa.Integer))
    made = _generate(connection, after)
    first = made.snapshot()
    with pytest.raises(NameError, match="FILL_IN"):
        made.run(made.upgrade)
    assert not list(compare(first, made.snapshot()))


def test_no_value_is_asked_where_a_row_has_one(connection: sa.Connection) -> None:
    _fill(connection, _before())
    after = _model(
        sa.Column("nick", sa.String(20)),
        sa.Column("n", sa.Integer),
        sa.Column("with_default", sa.Integer, server_default="1", nullable=False),
        sa.Column("nullable", sa.Integer),
    )
    sa.Table("new", after, sa.Column("a", sa.Integer, nullable=False))
    made = _generate(connection, after)
    assert (
        made.upgrade
        == generate(connection, after, render_as_batch=connection.dialect.name == "sqlite").upgrade
    )


def test_two_tables_have_values_of_their_own(postgresql_url: str) -> None:
    with database(postgresql_url) as connection:
        connection.execute(sa.text("CREATE SCHEMA other"))
        before, after = sa.MetaData(), sa.MetaData()
        for schema in (None, "other"):
            for name in ("a-b", "a_b"):
                sa.Table(name, before, sa.Column("id", sa.Integer), schema=schema)
                new = sa.Column("x", sa.Integer, nullable=False)
                sa.Table(name, after, sa.Column("id", sa.Integer), new, schema=schema)
        before.create_all(connection)
        for table in before.tables.values():
            connection.execute(table.insert().values(id=1))
        connection.commit()
        made = _generate(connection, after, include_schemas=True)
        made.run(_filled(made.upgrade, "1", "2", "3", "4"))
        found: list[Any] = [
            connection.scalar(sa.select(table.c.x)) for table in after.tables.values()
        ]
        assert sorted(found) == [1, 2, 3, 4]


def test_check_reports_what_it_reports_without_the_plugin(connection: sa.Connection) -> None:
    _fill(connection, _before())
    after = _model(
        sa.Column("nick", sa.String(20), nullable=False),
        sa.Column("n", sa.Integer),
        sa.Column("age", sa.Integer, nullable=False),
    )

    def differences(**opts: Any) -> str:
        found = compare_metadata(MigrationContext.configure(connection, opts=opts), after)
        return str([[str(part) for part in diff] for diff in found])

    assert differences(autogenerate_plugins=_PLUGINS) == differences()


def test_sqlite_without_batch_mode(sqlite_url: str) -> None:
    """Alembic's file fails: SQLite adds no NOT NULL column without a default."""
    with database(sqlite_url) as connection:
        _fill(connection, _before())
        after = _model(
            sa.Column("nick", sa.String(20)),
            sa.Column("n", sa.Integer),
            sa.Column("age", sa.Integer, nullable=False),
        )
        made = _generate(connection, after, render_as_batch=False)
        made.run(_filled(made.upgrade, "5"))
        assert connection.execute(sa.text("SELECT age FROM account")).scalars().all() == [5, 5]
        assert is_empty(_generate(connection, after))


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        (sa.JSON(), "{'a': [1]}"),
        (sa.Enum("a", "b", name="letter"), "'b'"),
        (sa.Boolean(), "True"),
        (sa.LargeBinary(), "b'x'"),
        (sa.Numeric(8, 2), "sa.literal(1) + 1"),
    ],
    ids=repr,
)
def test_values_have_the_type_of_their_column(
    connection: sa.Connection, type_: Any, value: str
) -> None:
    before = _before()
    _fill(connection, before)
    if isinstance(type_, sa.Enum) and connection.dialect.name == "postgresql":
        type_.create(connection)
        connection.commit()
    columns = [sa.Column(name, type_, nullable=False) for name in ("x", "y")]
    after = _model(sa.Column("nick", sa.String(20)), sa.Column("n", sa.Integer), *columns)
    made = _generate(connection, after)
    made.run(_filled(made.upgrade, value, value))
    assert (
        connection.scalar(sa.select(after.tables["account"].c.x)) == eval(value)
        or "literal" in value
    )


_MODELS = """\
import sqlalchemy as sa

metadata = sa.MetaData()
sa.Table("account", metadata, sa.Column("id", sa.Integer, primary_key=True){})
"""


def test_the_file_runs_with_both_programs_once_it_is_filled_in(
    tmp_path: Path, limbeck: Program, reference: Program
) -> None:
    assert limbeck.alembic(tmp_path, "init", "migrations").returncode == 0
    ini, env = tmp_path / "alembic.ini", tmp_path / "migrations/env.py"
    text = ini.read_text().replace("driver://user:pass@localhost/dbname", "sqlite:///app.db")
    ini.write_text(f"{text}\n[limbeck]\nautogenerate = not_null\n")
    env.write_text("import models\n" + env.read_text().replace("= None", "= models.metadata", 1))
    (tmp_path / "models.py").write_text(_MODELS.format(""))
    for arguments in (("revision", "--autogenerate", "--rev-id=1a"), ("upgrade", "head")):
        done = limbeck.alembic(tmp_path, *arguments)
        assert done.returncode == 0, done.stderr
    with sqlite3.connect(tmp_path / "app.db") as connection:
        connection.execute("INSERT INTO account VALUES (1)")
    connection.close()
    (tmp_path / "models.py").write_text(
        _MODELS.format(', sa.Column("age", sa.Integer, nullable=False)')
    )
    done = limbeck.alembic(tmp_path, "revision", "--autogenerate", "--rev-id=2b")
    assert done.returncode == 0, done.stderr
    path = tmp_path / "migrations/versions/2b_.py"

    failed = reference.alembic(tmp_path, "upgrade", "head")
    assert "'age': FILL_IN,  # Integer, for the rows that exist" in failed.stderr
    assert "NameError: name 'FILL_IN' is not defined" in failed.stderr
    failed = limbeck.alembic(tmp_path, "upgrade", "head")
    assert "hint: write the values of existing rows in the place of each FILL_IN" in failed.stderr
    linted = limbeck.alembic(tmp_path, "lint", "--all")
    assert linted.returncode == 1
    assert "FILL_IN" in linted.stdout

    path.write_text(path.read_text().replace(": FILL_IN,", ": 5,"))
    done = reference.alembic(tmp_path, "upgrade", "head")
    assert done.returncode == 0, done.stderr
    done = limbeck.alembic(tmp_path, "check")
    assert done.returncode == 0, done.stdout
    for program in (limbeck, reference):
        assert program.alembic(tmp_path, "downgrade", "1a").returncode == 0
        assert program.alembic(tmp_path, "upgrade", "head").returncode == 0
    with sqlite3.connect(tmp_path / "app.db") as connection:
        assert connection.execute("SELECT id, age FROM account").fetchall() == [(1, 5)]
    connection.close()
