"""The short cut that skips unchanged tables finds the same as the full comparison."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from autogenerate.schemas import model
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from limbeck import short_cuts
from limbeck.autogenerate import compare_metadata, produce_migrations, render_python_code
from limbeck.autogenerate.compare.util import ReflectedTables
from limbeck.ddl.impl import _impls
from limbeck.ddl.mysql import MySQLImpl
from limbeck.ddl.postgresql import PostgresqlImpl
from limbeck.ddl.sqlite import SQLiteImpl
from limbeck.migration import MigrationContext
from limbeck.runtime.plugins import Plugin
from limbeck.util.dispatch import PriorityDispatchResult

_SUPPRESSED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@pytest.fixture(params=["sqlite_url", "postgresql_url", "mariadb_url"])
def url(request: pytest.FixtureRequest) -> str:
    """An empty database of each kind on which unchanged tables are skipped."""
    value: str = request.getfixturevalue(request.param)
    return value


@contextmanager
def created(url: str, metadata: sa.MetaData) -> Iterator[sa.Connection]:
    """Connect to a database with the tables of a model."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        metadata.create_all(connection)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        with engine.begin() as connection:
            metadata.drop_all(connection)
        engine.dispose()


def findings(connection: sa.Connection, metadata: sa.MetaData, **opts: Any) -> str:
    """Return the findings of a comparison as text."""
    opts = {"compare_server_default": True, **opts}
    return repr(compare_metadata(MigrationContext.configure(connection, opts=opts), metadata))


def rendered(connection: sa.Connection, metadata: sa.MetaData, **opts: Any) -> list[str]:
    """Return the upgrade from the database to a model, and the downgrade."""
    context = MigrationContext.configure(connection, opts=opts)
    script = produce_migrations(context, metadata)
    return [
        render_python_code(part, migration_context=context)
        for part in (script.upgrade_ops, script.downgrade_ops)
        if part is not None
    ]


@pytest.fixture
def built_tables(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the `Table` objects that are built from the reflection."""
    names: list[str] = []
    original = ReflectedTables._reflect

    def record(self: ReflectedTables, schema: str | None, name: str) -> sa.Table:
        names.append(name)
        return original(self, schema, name)

    monkeypatch.setattr(ReflectedTables, "_reflect", record)
    return names


def with_and_without_short_cut(
    connection: sa.Connection,
    metadata: sa.MetaData,
    caplog: pytest.LogCaptureFixture,
    **opts: Any,
) -> list[tuple[list[str], list[str]]]:
    """Return the rendered changes and the log of a comparison with the short cut, and of one without it."""
    caplog.set_level(logging.INFO, "alembic")
    outcomes = []
    for enabled in (True, False):
        caplog.clear()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(short_cuts, "enabled", enabled)
            changes = rendered(connection, metadata, **opts)
        messages = [re.sub(" at 0x\\w+", "", entry.getMessage()) for entry in caplog.records]
        outcomes.append((changes, messages))
    return outcomes


@settings(max_examples=8, deadline=None, database=None, suppress_health_check=_SUPPRESSED)
@given(seed=st.integers(0, 100_000), defaults=st.booleans(), types=st.booleans())
def test_random_models_have_the_same_findings(
    seed: int, defaults: bool, types: bool, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    dialect = sa.make_url(url).get_backend_name()
    before = model(seed, dialect)
    opts = {"compare_server_default": defaults, "compare_type": types}
    with created(url, before) as connection:
        for other in (before, model(seed, dialect, changed=True)):
            skipping, full = with_and_without_short_cut(connection, other, caplog, **opts)
            assert skipping == full


def _parts() -> dict[str, Any]:
    """Return the parts of the table of `test_single_change_is_found`, by name."""
    return {
        "id": sa.Column("id", sa.Integer, primary_key=True),
        "name": sa.Column("name", sa.String(50), nullable=False, server_default="x"),
        "amount": sa.Column("amount", sa.Integer, server_default=sa.text("5"), comment="a"),
        "other": sa.Column("other", sa.Integer),
        "key": sa.ForeignKeyConstraint(["amount"], ["parent.id"], name="fk", ondelete="CASCADE"),
        "named": sa.UniqueConstraint("name", "amount", name="uq"),
        "unnamed": sa.UniqueConstraint("other"),
        "index": sa.Index("ix", "name", "amount"),
        "comment": "about it",
    }


def _table(changes: dict[str, Any]) -> sa.MetaData:
    metadata = sa.MetaData()
    for name in ("parent", "parent2"):
        columns = [sa.Column("id", sa.Integer, primary_key=True), sa.Column("b", sa.Integer)]
        sa.Table(name, metadata, *columns, sa.UniqueConstraint("b", name=f"uq_{name}"))
    parts = {**_parts(), **changes}
    comment = parts.pop("comment")
    # A part that is None is left out.
    sa.Table("t", metadata, *filter(lambda part: part is not None, parts.values()), comment=comment)
    return metadata


def _name(**kw: Any) -> sa.Column[Any]:
    parts: dict[str, Any] = {"type_": sa.String(50), "nullable": False, "server_default": "x"}
    return sa.Column("name", **parts | kw)


_Change = dict[str, Callable[[], Any]]
#: Changes of the table in the database, and of the table in the model.
_CHANGES: dict[str, tuple[_Change, _Change]] = {
    "index unique": ({}, {"index": lambda: sa.Index("ix", "name", "amount", unique=True)}),
    "index order": ({}, {"index": lambda: sa.Index("ix", "amount", "name")}),
    "index shorter": ({}, {"index": lambda: sa.Index("ix", "name")}),
    "index name": ({}, {"index": lambda: sa.Index("ix2", "name", "amount")}),
    "index gone": ({}, {"index": lambda: None}),
    "index new": ({}, {"new": lambda: sa.Index("ix2", "name")}),
    "index descending": ({"index": lambda: sa.Index("ix", sa.text("name DESC"))}, {}),
    "index no longer descending": (
        {"index": lambda: sa.Index("ix", sa.text("name DESC"), "amount")},
        {},
    ),
    "index of an expression": ({}, {"index": lambda: sa.Index("ix", sa.text("lower(name)"))}),
    "index distinct": (
        {"index": lambda: sa.Index("ix", "name", "amount", postgresql_nulls_not_distinct=True)},
        {},
    ),
    "index for unique": ({}, {"named": lambda: sa.Index("uq", "name", "amount", unique=True)}),
    "unique columns": ({}, {"named": lambda: sa.UniqueConstraint("amount", name="uq")}),
    "unique order": ({}, {"named": lambda: sa.UniqueConstraint("amount", "name", name="uq")}),
    "unique name": ({}, {"named": lambda: sa.UniqueConstraint("name", "amount", name="uq2")}),
    "unique loses name": ({}, {"named": lambda: sa.UniqueConstraint("name", "amount")}),
    "unique gone": ({}, {"named": lambda: None}),
    "unique new": ({}, {"new": lambda: sa.UniqueConstraint("name", name="uq3")}),
    "unique distinct": (
        {},
        {
            "named": lambda: sa.UniqueConstraint(
                "name", "amount", name="uq", postgresql_nulls_not_distinct=True
            )
        },
    ),
    "unnamed gone": ({}, {"unnamed": lambda: None}),
    "unnamed new": ({}, {"new": lambda: sa.UniqueConstraint("name")}),
    "unnamed columns": ({}, {"unnamed": lambda: sa.UniqueConstraint("other", "amount")}),
    "nullable": ({}, {"name": lambda: _name(nullable=True)}),
    "type": ({}, {"name": lambda: _name(type_=sa.Integer)}),
    "length": ({}, {"name": lambda: _name(type_=sa.String(60))}),
    "default": ({}, {"name": lambda: _name(server_default="y")}),
    "default gone": ({}, {"name": lambda: _name(server_default=None)}),
    "default new": ({}, {"other": lambda: sa.Column("other", sa.Integer, server_default="1")}),
    "default evaluated": (
        {},
        {
            "amount": lambda: sa.Column(
                "amount", sa.Integer, server_default=sa.text("2 + 3"), comment="a"
            )
        },
    ),
    "default in lines": (
        {"other": lambda: sa.Column("other", sa.Integer, server_default=sa.text("(1 +\n1)"))},
        {"name": lambda: _name(nullable=True)},
    ),
    "computed": (
        {},
        {"other": lambda: sa.Column("other", sa.Integer, sa.Computed("1 + 1", persisted=True))},
    ),
    "identity": ({}, {"other": lambda: sa.Column("other", sa.Integer, sa.Identity())}),
    "column comment": ({}, {"name": lambda: _name(comment="a name")}),
    "table comment": ({}, {"comment": lambda: None}),
    "column gone": ({}, {"other": lambda: None, "unnamed": lambda: None}),
    "column new": ({}, {"new": lambda: sa.Column("new", sa.Integer)}),
    "key target": (
        {},
        {
            "key": lambda: sa.ForeignKeyConstraint(
                ["amount"], ["parent2.id"], name="fk", ondelete="CASCADE"
            )
        },
    ),
    "key column": (
        {},
        {
            "key": lambda: sa.ForeignKeyConstraint(
                ["amount"], ["parent.b"], name="fk", ondelete="CASCADE"
            )
        },
    ),
    "key option": (
        {},
        {"key": lambda: sa.ForeignKeyConstraint(["amount"], ["parent.id"], name="fk")},
    ),
    "key deferrable": (
        {},
        {
            "key": lambda: sa.ForeignKeyConstraint(
                ["amount"], ["parent.id"], name="fk", ondelete="CASCADE", deferrable=True
            )
        },
    ),
    "key name": (
        {},
        {
            "key": lambda: sa.ForeignKeyConstraint(
                ["amount"], ["parent.id"], name="fk2", ondelete="CASCADE"
            )
        },
    ),
    "key gone": ({}, {"key": lambda: None}),
    "key new": ({}, {"new": lambda: sa.ForeignKeyConstraint(["other"], ["parent.id"])}),
}
#: Changes that a dialect does not have or does not compare.
_NOT_FOUND = {
    "sqlite": {
        *("index distinct", "unique distinct", "column comment", "table comment"),
        *("unique order", "unique loses name", "unnamed gone", "key name", "computed"),
        "index no longer descending",
    },
    "postgresql": {
        "unique order",
        "unique loses name",
        "key name",
        "default evaluated",
        "computed",
    },
    # a unique constraint is a unique index
    "mysql": {
        *("index distinct", "unique distinct", "index no longer descending", "index for unique"),
        *("unique order", "unique loses name", "key name", "computed"),
    },
}


@pytest.mark.parametrize("change", _CHANGES)
def test_single_change_is_found(url: str, change: str, caplog: pytest.LogCaptureFixture) -> None:
    before, after = (
        _table({name: make() for name, make in side.items()}) for side in _CHANGES[change]
    )
    with created(url, before) as connection:
        skipping, full = with_and_without_short_cut(
            connection, after, caplog, compare_server_default=True
        )
    assert skipping == full
    differs = "op." in skipping[0][0]
    assert differs is (change not in _NOT_FOUND[sa.make_url(url).get_backend_name()])


def simple_model(note_type: Callable[[], Any] = sa.Text) -> sa.MetaData:
    """Return a model of three tables, each with a foreign key to the one before, and a table without foreign keys."""
    metadata = sa.MetaData()
    for number in range(3):
        sa.Table(
            f"t{number}",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("name", sa.String(50), unique=True, server_default="x"),
            sa.Column("note", note_type() if number == 1 else sa.Text(), index=True),
            sa.Column("parent", sa.ForeignKey(f"t{number - 1}.id")) if number else sa.Column("a"),
        )
    metadata.tables["t0"].c.a.type = sa.Integer()
    sa.Table("apart", metadata, sa.Column("id", sa.Integer, primary_key=True))
    return metadata


def test_no_table_object_is_built_if_nothing_changed(url: str, built_tables: list[str]) -> None:
    with created(url, simple_model()) as connection:
        assert findings(connection, simple_model()) == "[]"
    assert built_tables == []


def test_changed_table_is_built_with_its_references(url: str, built_tables: list[str]) -> None:
    with created(url, simple_model()) as connection:
        assert "modify_type" in findings(connection, simple_model(note_type=sa.Integer))
    assert built_tables == ["t0", "t1"]


def _comparator(*_: Any) -> PriorityDispatchResult:
    """A custom comparator without findings."""
    return PriorityDispatchResult.CONTINUE


@contextmanager
def _plugin(name: str) -> Iterator[None]:
    plugin = Plugin(name)
    plugin.add_autogenerate_comparator(_comparator, "table", "third_party")
    try:
        yield
    finally:
        plugin.remove()


@pytest.mark.parametrize(
    "options",
    [
        {"include_object": lambda *_: True},
        {"compare_type": lambda *_: None},
        {"compare_server_default": lambda *_: None},
        {"autogenerate_plugins": ["alembic.autogenerate.*", "third_party.*"]},
    ],
    ids=["include_object", "compare_type", "defaults", "plugin"],
)
def test_hooks_and_plugins_get_every_table(
    url: str, built_tables: list[str], options: dict[str, Any]
) -> None:
    with _plugin("third_party.plugin"), created(url, simple_model()) as connection:
        assert findings(connection, simple_model(), **options) == "[]"
    assert built_tables == ["apart", "t0", "t1", "t2"]


@pytest.mark.parametrize(
    "options",
    [
        {"include_name": lambda *_: True},
        {"autogenerate_plugins": ["alembic.autogenerate.*", "~alembic.autogenerate.comments"]},
    ],
    ids=["include_name", "no comments"],
)
def test_names_and_fewer_comparators_need_no_table(
    url: str, built_tables: list[str], options: dict[str, Any]
) -> None:
    with created(url, simple_model()) as connection:
        assert findings(connection, simple_model(), **options) == "[]"
    assert built_tables == []


def test_table_with_a_rejected_name_is_built(url: str, built_tables: list[str]) -> None:
    asked: list[Any] = []

    def include(name: str | None, type_: str, parents: Any) -> bool:
        asked.append((name, type_, parents.get("table_name")))
        return name != "note"

    with created(url, simple_model()) as connection:
        assert "add_column" in findings(connection, simple_model(), include_name=include)
    assert built_tables == ["t0", "t0", "t1", "t0", "t1", "t2"]
    assert len(asked) == len(set(asked)), "a name was asked twice"


@pytest.mark.parametrize("target", [sa.Table, sa.Column, sa.Index, sa.UniqueConstraint])
def test_listeners_get_every_table(url: str, built_tables: list[str], target: Any) -> None:
    def listen(*_: Any) -> None:
        pass

    with created(url, simple_model()) as connection:
        model_ = simple_model()
        sa.event.listen(target, "after_parent_attach", listen)
        try:
            assert findings(connection, model_) == "[]"
        finally:
            sa.event.remove(target, "after_parent_attach", listen)
    assert built_tables == ["apart", "t0", "t1", "t2"]


@pytest.mark.parametrize(
    "name",
    ["compare_type", "compare_indexes", "compare_unique_constraint", "autogen_column_reflect"],
)
def test_patched_impl_disables_the_short_cut(
    url: str, built_tables: list[str], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for impl in (PostgresqlImpl, SQLiteImpl, MySQLImpl):
        original = getattr(impl, name)
        monkeypatch.setattr(impl, name, lambda *args, original=original: original(*args))
    with created(url, simple_model()) as connection:
        assert findings(connection, simple_model()) == "[]"
    assert built_tables == ["apart", "t0", "t1", "t2"]


def test_custom_impl_disables_the_short_cut(
    url: str, built_tables: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for impl in (PostgresqlImpl, SQLiteImpl, MySQLImpl):
        monkeypatch.setitem(
            _impls,
            impl.__dialect__,
            type("Impl", (impl,), {"compare_type": lambda *_: True}),
        )
    with created(url, simple_model()) as connection:
        assert "modify_type" in findings(connection, simple_model())
    assert built_tables == ["apart", "t0", "t1", "t2"]
