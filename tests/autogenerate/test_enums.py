"""Enums of PostgreSQL: generated, upgraded, compared again, downgraded to the catalog that was there."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from limbeck.util.exc import CommandError
from sqlalchemy.dialects import postgresql
from support import projects
from support.generated import SHORT_MAKO, Generated, database, generate, is_empty, there_and_back
from support.programs import Program
from support.statements import recorded_statements

_PLUGINS = ["alembic.autogenerate.*", "limbeck.enums"]


@pytest.fixture
def connection(postgresql_url: str) -> Iterator[sa.Connection]:
    with database(postgresql_url) as opened:
        yield opened


def _model(
    *labels: str, name: str = "status", schema: str | None = None, **columns: Any
) -> sa.MetaData:
    """Return a table with an enum, and columns made by keyword from its type."""
    metadata = sa.MetaData()
    items: list[Any] = [sa.Column("id", sa.Integer, primary_key=True)]
    if labels:
        type_ = sa.Enum(*labels, name=name, schema=schema)
        items.append(sa.Column("state", type_))
        items += [sa.Column(key, make(type_)) for key, make in columns.items()]
    sa.Table("job", metadata, *items, schema=schema)
    return metadata


def _there_and_back(
    connection: sa.Connection, before: sa.MetaData, after: sa.MetaData, **opts: Any
) -> Generated:
    before.create_all(connection)
    connection.commit()
    return there_and_back(
        connection, before, after, autogenerate_plugins=_PLUGINS, include_schemas=True, **opts
    )


def _labels(connection: sa.Connection, name: str = "status") -> list[str]:
    found = connection.execute(
        sa.text(
            "SELECT enumlabel FROM pg_enum e JOIN pg_type t ON t.oid = enumtypid WHERE typname = :name ORDER BY enumsortorder"
        ),
        {"name": name},
    )
    return list(found.scalars())


@pytest.mark.parametrize(
    "labels",
    [
        ("a", "b", "c"),
        ("c", "a", "b"),
        ("a", "c", "b"),
        ("x", "y", "a", "z", "w", "b", "q", "r"),
        ("a", "b", "it's", 'a "b"', "a:b :c", "100%", "back\\slash", ""),
    ],
    ids=["appended", "first", "inserted", "many", "odd"],
)
def test_added_labels_do_not_rewrite(connection: sa.Connection, labels: tuple[str, ...]) -> None:
    made = _there_and_back(connection, _model("a", "b"), _model(*labels))
    assert "ADD VALUE" in made.upgrade
    assert "autocommit_block" in made.upgrade
    assert "RENAME TO" not in made.upgrade
    assert _labels(connection) == list(labels)


@pytest.mark.parametrize("labels", [("a",), ("b", "a"), ("c", "b", "a", "d"), ("x", "y")])
def test_removed_or_reordered_labels_rebuild_the_type(
    connection: sa.Connection, labels: tuple[str, ...]
) -> None:
    made = _there_and_back(connection, _model("a", "b"), _model(*labels))
    assert "ADD VALUE" not in made.upgrade
    assert _labels(connection) == list(labels)


@pytest.mark.parametrize("schema", [None, "Other schema"])
def test_rebuild_takes_all_that_uses_the_type_along(
    connection: sa.Connection, schema: str | None
) -> None:
    if schema:
        connection.execute(sa.text(f'CREATE SCHEMA "{schema}"'))
    prefix = f'"{schema}".' if schema else ""

    def model(*labels: str) -> sa.MetaData:
        metadata = _model(*labels, name="My state", schema=schema, many=sa.ARRAY)
        job = metadata.tables[f"{schema}.job" if schema else "job"]
        job.c.state.server_default = sa.DefaultClause("b")
        job.c.many.server_default = sa.DefaultClause("{a,b}")
        enum: Any = job.c.state.type
        sa.Table(
            "Log entry",
            metadata,
            sa.Column("State", enum, nullable=False, index=True),
            sa.CheckConstraint(f'"State" <> \'b\'::{prefix}"My state"', name="not b"),
            sa.Column(
                "text", sa.Text, server_default=sa.text(f"('a'::{prefix}\"My state\")::text")
            ),
            schema=schema,
        )
        return metadata

    before = model("a", "b", "c")
    before.create_all(connection)
    type_ = f'{prefix}"My state"'
    for statement in (
        f"CREATE INDEX partial ON {prefix}job (id) WHERE state = 'a'",
        f"CREATE VIEW {prefix}first AS SELECT id, state FROM {prefix}job WHERE state <> 'b'",
        f'CREATE VIEW {prefix}"a second" WITH (security_barrier=true) AS SELECT id, state FROM {prefix}first',
        f'CREATE MATERIALIZED VIEW {prefix}third AS SELECT f.id, s.state FROM {prefix}first f JOIN {prefix}"a second" s USING (id)',
        f"CREATE UNIQUE INDEX third_id ON {prefix}third (id)",
        f"CREATE VIEW {prefix}constant AS SELECT 'a'::{type_} AS x",
        f"GRANT SELECT ON {prefix}first TO PUBLIC",
        f"COMMENT ON VIEW {prefix}first IS 'it''s the :first'",
        f"COMMENT ON TYPE {type_} IS 'states'",
        f"INSERT INTO {prefix}job (id, state) VALUES (1, 'a'), (2, NULL)",
    ):
        connection.exec_driver_sql(statement)
    connection.commit()

    def include(object_: Any, name: str | None, kind: str, reflected: bool, other: Any) -> bool:
        return kind != "index" or name != "partial"

    made = there_and_back(
        connection,
        before,
        model("b", "a"),
        autogenerate_plugins=_PLUGINS,
        include_schemas=True,
        include_object=include,
    )
    assert "DROP MATERIALIZED VIEW" in made.upgrade
    rows = connection.exec_driver_sql(
        f"SELECT id, state::text, many::text FROM {prefix}job ORDER BY id"
    )
    assert [tuple(row) for row in rows] == [(1, "a", "{a,b}"), (2, None, "{a,b}")]
    granted = "SELECT has_table_privilege('public', %s, 'SELECT')"
    assert connection.exec_driver_sql(granted, (f"{prefix}first",)).scalar()


def test_rebuild_says_how_many_tables_it_rewrites(
    connection: sa.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    _there_and_back(connection, _model("a", "b"), _model("a"))
    assert "1 table(s) are rewritten" in caplog.text


def test_rebuild_refuses_what_it_cannot_make_again(connection: sa.Connection) -> None:
    _model("a", "b").create_all(connection)
    connection.exec_driver_sql(
        "CREATE FUNCTION f(status) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'"
    )
    connection.commit()
    with pytest.raises(CommandError, match=r"function f\(status\)"):
        generate(connection, _model("a"), autogenerate_plugins=_PLUGINS)


def test_default_that_loses_its_label_is_replaced(connection: sa.Connection) -> None:
    def model(default: str, *labels: str) -> sa.MetaData:
        metadata = _model(*labels)
        metadata.tables["job"].c.state.server_default = sa.DefaultClause(default)
        return metadata

    _there_and_back(connection, model("a", "a", "b"), model("c", "b", "c"))


def test_types_come_and_go_with_tables(connection: sa.Connection) -> None:
    def model(*, tables: bool) -> sa.MetaData:
        metadata = sa.MetaData()
        sa.Table("other", metadata, sa.Column("id", sa.Integer, primary_key=True))
        if tables:
            shared = sa.Enum("a", "it's", name="Shared")
            for name in ("one", "two"):
                sa.Table(
                    name,
                    metadata,
                    sa.Column("id", sa.Integer, primary_key=True),
                    sa.Column("x", shared, server_default="a"),
                    sa.Column("many", postgresql.ARRAY(sa.Enum("q", name="in_array"))),
                )
        return metadata

    made = _there_and_back(connection, model(tables=False), model(tables=True))
    assert made.upgrade.count("CREATE TYPE") == made.downgrade.count("DROP TYPE") == 2
    back = there_and_back(
        connection,
        model(tables=True),
        model(tables=False),
        autogenerate_plugins=_PLUGINS,
    )
    assert back.upgrade.count("DROP TYPE") == back.downgrade.count("CREATE TYPE") == 2


def test_types_come_and_go_with_columns(connection: sa.Connection) -> None:
    _there_and_back(connection, _model(), _model("a", "b", many=sa.ARRAY))
    there_and_back(
        connection, _model("a", "b", many=sa.ARRAY), _model(), autogenerate_plugins=_PLUGINS
    )
    assert _labels(connection) == []


def test_type_that_another_table_uses_is_not_dropped(connection: sa.Connection) -> None:
    connection.exec_driver_sql("CREATE TYPE status AS ENUM ('a')")
    connection.exec_driver_sql("CREATE VIEW v AS SELECT 'a'::status AS x")
    made = _there_and_back(connection, _model("a"), _model())
    assert "DROP TYPE" not in made.upgrade


def test_decorated_and_variant_types(connection: sa.Connection) -> None:
    class Decorated(sa.TypeDecorator[str]):
        impl = sa.Enum("a", name="decorated")
        cache_ok = True

    def model(*, tables: bool) -> sa.MetaData:
        metadata = sa.MetaData()
        sa.Table("other", metadata, sa.Column("id", sa.Integer, primary_key=True))
        if tables:
            variant = sa.String(9).with_variant(postgresql.ENUM("v", name="variant"), "postgresql")
            sa.Table(
                "t",
                metadata,
                sa.Column("d", Decorated()),
                sa.Column("v", variant, primary_key=True),
            )
        return metadata

    made = _there_and_back(connection, model(tables=False), model(tables=True))
    assert made.upgrade.count("CREATE TYPE") == 2
    there_and_back(
        connection, model(tables=True), model(tables=False), autogenerate_plugins=_PLUGINS
    )


@pytest.mark.parametrize("batch", [False, True], ids=["plain", "batch"])
@pytest.mark.parametrize("default", [None, "a"])
def test_column_changes_from_text_to_enum(
    connection: sa.Connection, batch: bool, default: str | None
) -> None:
    def model(type_: Any, *, nullable: bool) -> sa.MetaData:
        metadata = sa.MetaData()
        sa.Table(
            "Job",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("State", type_, nullable=nullable, server_default=default),
        )
        return metadata

    before = model(sa.String(20), nullable=True)
    before.create_all(connection)
    connection.execute(before.tables["Job"].insert().values(id=1, State="b"))
    made = _there_and_back(
        connection,
        before,
        model(sa.Enum("a", "b", name="status"), nullable=False),
        render_as_batch=batch,
    )
    assert made.upgrade.index("CREATE TYPE") < made.upgrade.index("USING")
    assert connection.exec_driver_sql('SELECT "State"::text FROM "Job"').scalar() == "b"
    connection.rollback()
    renamed = model(sa.Enum("a", "b", "c", name="other"), nullable=False)
    made = there_and_back(
        connection, renamed, renamed, autogenerate_plugins=_PLUGINS, render_as_batch=batch
    )
    assert "DROP TYPE status" in made.upgrade


def test_labels_that_differ_in_the_models_are_refused(connection: sa.Connection) -> None:
    metadata = _model("a")
    sa.Table("other", metadata, sa.Column("x", sa.Enum("b", name="status")))
    with pytest.raises(
        CommandError, match=r"'status' has different labels in 'job.state' and 'other.x'"
    ):
        generate(connection, metadata, autogenerate_plugins=_PLUGINS)


def test_inherited_schema(connection: sa.Connection) -> None:
    connection.exec_driver_sql("CREATE SCHEMA inherited")

    def model(*labels: str) -> sa.MetaData:
        metadata = sa.MetaData()
        type_ = sa.Enum(*labels, name="kind", inherit_schema=True)
        sa.Table("t", metadata, sa.Column("x", type_, primary_key=True), schema="inherited")
        return metadata

    made = _there_and_back(connection, model("a"), model("a", "b"))
    assert "ALTER TYPE inherited.kind ADD VALUE" in made.upgrade


def test_statements(connection: sa.Connection) -> None:
    """The plugin's own: one for the types, one for what uses those that change.

    Its comparators of tables and columns cost two of Alembic's reads, for the unchanged tables, which are constructed for them.
    """

    def read(model: sa.MetaData, plugins: list[str]) -> tuple[int, int]:
        with recorded_statements(connection) as statements:
            generate(connection, model, autogenerate_plugins=plugins)
        return len(statements), sum(
            "pg_enum e" in one or "AS depending" in one or "depending AS" in one
            for one in statements
        )

    connection.exec_driver_sql("CREATE TABLE job (id serial PRIMARY KEY)")
    connection.commit()
    for before, model, own in (
        (None, _model(), 0),
        (None, _model("a", "b", many=sa.ARRAY), 1),
        (_model("a", "b"), _model("a", "b"), 1),
        (_model("a", "b"), _model("b"), 2),
        (_model("a", "b"), _model(), 2),
    ):
        if before is not None:
            before.drop_all(connection)
            before.create_all(connection)
            connection.commit()
        # SQLAlchemy keeps what it has read of `pg_am` for the next comparison.
        read(model, _PLUGINS)
        (all_, found), (without, none) = read(model, _PLUGINS), read(model, _PLUGINS[:1])
        assert (found, none) == (own, 0)
        assert all_ - without <= own + 2


@pytest.mark.parametrize(
    ("labels", "renames"),
    [
        (("z", "b"), ["enum:status.a:z"]),
        (("z", "new", "b"), ["enum:public.status.a:z"]),
        (("b", "z"), ["enum:status.a:z"]),
        (("y", "x:1"), ["enum:status.a:y", "enum:status.b:x:1"]),
    ],
    ids=["alone", "with a new label", "with a rebuild", "two"],
)
def test_renamed_labels(
    connection: sa.Connection, labels: tuple[str, ...], renames: list[str]
) -> None:
    def model(*labels: str, default: str) -> sa.MetaData:
        metadata = _model(*labels)
        metadata.tables["job"].c.state.server_default = sa.DefaultClause(default)
        return metadata

    before = model("a", "b", default="a")
    before.create_all(connection)
    connection.exec_driver_sql("INSERT INTO job (id) VALUES (1)")
    made = _there_and_back(
        connection, before, model(*labels, default=_new(renames)), renames=renames
    )
    assert "RENAME VALUE 'a' TO" in made.upgrade
    assert connection.exec_driver_sql("SELECT state::text FROM job").scalar() == _new(renames)


def _new(renames: list[str]) -> str:
    return renames[0].rpartition(":")[2]


@pytest.mark.parametrize(
    ("rename", "message"),
    [
        ("enum:none.a:c", "the database has no enum 'none'"),
        ("enum:status.x:c", "the database has no label 'x' of the enum 'status'"),
        ("enum:status.a:x", "the models do not have 'x' in place of 'a'"),
        ("enum:a:c", "hint: a renamed label is `enum:type.old:new`"),
    ],
)
def test_impossible_renames_of_labels_are_refused(
    connection: sa.Connection, rename: str, message: str
) -> None:
    _model("a", "b").create_all(connection)
    connection.commit()
    with pytest.raises(CommandError, match=message):
        generate(connection, _model("c", "b"), autogenerate_plugins=_PLUGINS, renames=[rename])


def test_enums_are_left_to_a_plugin_that_is_loaded(
    connection: sa.Connection, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    _model("a", "b").create_all(connection)
    connection.commit()
    monkeypatch.setitem(sys.modules, "alembic_postgresql_enum", types.ModuleType("x"))
    assert is_empty(generate(connection, _model("a"), autogenerate_plugins=_PLUGINS))
    assert "left to alembic_postgresql_enum" in caplog.text


_ODD = ["a,b", 'say "x"', "back\\slash", "{c}", "plain"]


@pytest.mark.parametrize("index", range(len(_ODD)))
def test_array_default_with_odd_labels(connection: sa.Connection, index: int) -> None:
    """A renamed label is renamed in the default of an array too, whatever characters it and its neighbours have."""

    def model(labels: list[str]) -> sa.MetaData:
        items = ",".join(f'"{item}"' for item in map(_escaped, labels))
        default = "'{" + items.replace("'", "''") + "}'"

        def column(type_: sa.Enum) -> Any:
            return sa.ARRAY(type_)

        made = _model(*labels, many=column)
        made.tables["job"].c.many.server_default = sa.DefaultClause(sa.text(default))
        return made

    after = ["new,er" if n == index else label for n, label in enumerate(_ODD)]
    renames = [f"enum:status.{_ODD[index]}:new,er"]
    model(_ODD).create_all(connection)
    connection.commit()
    made = generate(connection, model(after), autogenerate_plugins=_PLUGINS, renames=renames)
    made.run(made.upgrade)
    connection.execute(sa.text("INSERT INTO job DEFAULT VALUES"))
    assert connection.scalar(sa.text("SELECT many::text[] FROM job")) == after
    connection.rollback()
    made.run(made.downgrade)
    connection.execute(sa.text("INSERT INTO job DEFAULT VALUES"))
    assert connection.scalar(sa.text("SELECT many::text[] FROM job")) == _ODD


def _escaped(label: str) -> str:
    return label.replace("\\", "\\\\").replace('"', '\\"')


def test_downgrade_that_has_to_keep_the_labels_is_a_function(connection: sa.Connection) -> None:
    before = _model("a", "b")
    before.create_all(connection)
    connection.execute(sa.text("CREATE FUNCTION f(status) RETURNS int LANGUAGE sql AS 'SELECT 1'"))
    connection.commit()
    made = generate(connection, _model("a", "b", "c"), autogenerate_plugins=_PLUGINS)
    made.run(made.upgrade)
    assert "The labels stay" in made.downgrade
    compile("def downgrade():\n    " + made.downgrade.replace("\n", "\n    "), "file", "exec")
    made.run(made.downgrade)
    assert _labels(connection) == ["a", "b", "c"]


_MODELS = """
import sqlalchemy as sa

metadata = sa.MetaData()
sa.Table("job", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("state", sa.Enum({labels}, name="status")))
"""


def test_files_run_with_alembic(
    limbeck: Program, reference: Program, tmp_path: Path, postgresql_url: str
) -> None:
    """A type that is created, one with a label more, and one with a label less: up and down, also as a script."""
    env = projects.GENERIC.replace("target_metadata=None", "target_metadata=models.metadata")
    folder = projects.make(
        tmp_path / "p",
        postgresql_url,
        env=f"import models\n{env}",
        more="prepend_sys_path = .",
        settings="[limbeck]\nautogenerate = enums\n",
    )
    (folder / "migrations" / "script.py.mako").write_text(SHORT_MAKO)
    for number, labels in enumerate(("'a', 'b'", "'a', 'x', 'b'", "'b', 'a'")):
        (folder / "models.py").write_text(_MODELS.format(labels=labels))
        arguments = ("revision", "--autogenerate", "-m", f"step {number}", "--rev-id", f"r{number}")
        made = limbeck.alembic(folder, *arguments)
        assert made.returncode == 0, made.stderr
        assert reference.alembic(folder, "upgrade", "head").returncode == 0
        assert limbeck.alembic(folder, "check").returncode == 0
    done = reference.alembic(folder, "downgrade", "base")
    assert done.returncode == 0, done.stderr
    engine = sa.create_engine(postgresql_url)
    with engine.connect() as connection:
        assert not _labels(connection)
    engine.dispose()
    script = reference.alembic(folder, "upgrade", "head", "--sql")
    assert "ALTER TYPE status ADD VALUE IF NOT EXISTS 'x'" in script.stdout
