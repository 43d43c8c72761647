"""The number of statements of a comparison with short cuts."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from limbeck.autogenerate import compare_metadata
from limbeck.migration import MigrationContext
from support.statements import recorded_statements

_TABLES = 500
_MAX_STATEMENTS = 25


def wide_model(tables: int = _TABLES) -> sa.MetaData:
    """Return a model in which each table has columns and defaults that may cost a statement each."""
    metadata = sa.MetaData()
    for number in range(tables):
        sa.Table(
            f"t{number}",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("name", sa.String(50), nullable=False, server_default="x", index=True),
            sa.Column("amount", sa.Numeric(10, 2), server_default=sa.text(f"{number} + 1")),
            sa.Column("created", sa.DateTime, server_default=sa.func.current_timestamp()),
            sa.Column("flag", sa.Boolean, nullable=False),
            *([sa.Column("parent_id", sa.ForeignKey(f"t{number - 1}.id"))] if number % 3 else []),
            sa.UniqueConstraint("name", "flag", name=f"uq_{number}"),
        )
    return metadata


@pytest.mark.parametrize("url", ["postgresql_url", "mariadb_url", "sqlite_url"])
def test_500_tables_take_25_statements(url: str, request: pytest.FixtureRequest) -> None:
    metadata = wide_model()
    engine = sa.create_engine(request.getfixturevalue(url))
    with engine.begin() as connection:
        metadata.create_all(connection)
    try:
        with engine.connect() as connection, recorded_statements(connection) as statements:
            context = MigrationContext.configure(connection, opts={"compare_server_default": True})
            assert compare_metadata(context, metadata) == []
        assert len(statements) <= _MAX_STATEMENTS, statements
    finally:
        engine.dispose()


@pytest.mark.parametrize("hook", ["include_name", "include_object"])
def test_hooks_do_not_add_statements(postgresql_url: str, hook: str) -> None:
    metadata = wide_model(40)
    engine = sa.create_engine(postgresql_url)
    with engine.begin() as connection:
        metadata.create_all(connection)

    def include(*arguments: Any) -> bool:
        name, type_ = arguments[:2] if hook == "include_name" else arguments[1:3]
        return type_ != "table" or int(name[1:]) % 2 == 0

    try:
        with engine.connect() as connection, recorded_statements(connection) as statements:
            context = MigrationContext.configure(
                connection, opts={"compare_server_default": True, hook: include}
            )
            compare_metadata(context, metadata)
        assert len(statements) <= _MAX_STATEMENTS, statements
    finally:
        engine.dispose()


def test_default_that_cannot_be_evaluated_fails_alone(postgresql_url: str) -> None:
    """JSON has no equality operator: the server fails to compare column `c`, and the texts are compared."""
    engine = sa.create_engine(postgresql_url)

    def model(amount: str) -> sa.MetaData:
        metadata = sa.MetaData()
        sa.Table(
            "t",
            metadata,
            sa.Column("a", sa.Integer, server_default=sa.text(amount)),
            sa.Column("b", sa.Integer, server_default=sa.text("3 * 2")),
            sa.Column("c", sa.JSON, server_default=sa.text("json_build_object('x', 1)")),
        )
        return metadata

    changed = model("2 + 1")
    changed.tables["t"].c.c.server_default = sa.DefaultClause(
        sa.text("json_build_object('x', 1 + 0)")
    )
    changed.tables["t"].c.b.server_default = sa.DefaultClause(sa.text("2 * 3"))
    with engine.begin() as connection:
        model("1 + 1").create_all(connection)

    def include(object_: Any, name: str, type_: str, *_: Any) -> bool:
        return not (type_ == "column" and name == "c")

    try:
        with engine.connect() as connection:
            options = {"compare_server_default": True, "include_object": include}
            found = compare_metadata(MigrationContext.configure(connection, opts=options), changed)
            assert [(change[0][0], change[0][3]) for change in found] == [("modify_default", "a")]
        with engine.connect() as connection:
            options = {"compare_server_default": True}
            found = compare_metadata(MigrationContext.configure(connection, opts=options), changed)
            assert [change[0][3] for change in found] == ["a", "c"]
    finally:
        engine.dispose()


def test_column_reflect_listeners_run_once_per_column(database_url: str) -> None:
    metadata = sa.MetaData()
    sa.Table("a", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("x", sa.Text))
    sa.Table("b", metadata, sa.Column("a_id", sa.ForeignKey("a.id"), primary_key=True))
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        metadata.create_all(connection)
    reflected: list[tuple[str, str]] = []

    def listen(_: Any, table: sa.Table, column: Any) -> None:
        reflected.append((table.name, column["name"]))

    sa.event.listen(sa.Table, "column_reflect", listen)
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection)
            assert compare_metadata(context, metadata) == []
    finally:
        sa.event.remove(sa.Table, "column_reflect", listen)
        engine.dispose()
    assert sorted(reflected) == [("a", "id"), ("a", "x"), ("b", "a_id")]
