"""Findings of a comparison in unusual cases: unnamed indexes, equal constraints, defaults that cannot be evaluated."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from limbeck.autogenerate import compare_metadata, produce_migrations, render_python_code
from limbeck.migration import MigrationContext
from sqlalchemy.dialects import postgresql

pytestmark = pytest.mark.usefixtures("short_cuts_on_and_off")


@contextmanager
def database(url: str, *statements: str) -> Iterator[sa.Connection]:
    """Connect to a database after executing `statements` in it, and drop all tables at the end."""
    engine = sa.create_engine(url)
    try:
        with engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        with engine.connect() as connection:
            yield connection
    finally:
        metadata = sa.MetaData()
        metadata.reflect(engine)
        metadata.drop_all(engine)
        engine.dispose()


def context(connection: sa.Connection, **opts: Any) -> MigrationContext:
    """Return a context as env.py configures it."""
    return MigrationContext.configure(connection, opts=opts)


def upgrade(connection: sa.Connection, model: sa.MetaData, **opts: Any) -> list[str]:
    """Return the lines of the generated `upgrade()`."""
    configured = context(connection, **opts)
    script = produce_migrations(configured, model)
    assert script.upgrade_ops is not None
    code = render_python_code(script.upgrade_ops, migration_context=configured)
    return [line.strip() for line in code.splitlines()[1:-1]]


def posts_model(*items: Any) -> sa.MetaData:
    """Return a model with a table `posts` and a convention that does not name indexes."""
    model = sa.MetaData(naming_convention={"pk": "pk_%(table_name)s"})
    sa.Table("posts", model, sa.Column("id", sa.Integer, primary_key=True), *items)
    return model


_CREATE_POSTS = "CREATE TABLE posts (id INTEGER NOT NULL PRIMARY KEY, uid INTEGER, other INTEGER)"


class TestIndexWithoutNameUnderAConvention:
    columns = staticmethod(
        lambda **flags: (sa.Column("uid", sa.Integer, **flags), sa.Column("other", sa.Integer))
    )

    @pytest.mark.parametrize("unique", [False, True])
    def test_is_created_with_its_table(self, database_url: str, unique: bool) -> None:
        with database(database_url) as connection:
            found = upgrade(connection, posts_model(*self.columns(index=True, unique=unique)))
        assert found[-1] == (
            f"op.create_index(op.f('ix_posts_uid'), 'posts', ['uid'], unique={unique})"
        )

    @pytest.mark.parametrize("unique", [False, True])
    def test_is_added_to_an_existing_table(self, database_url: str, unique: bool) -> None:
        with database(database_url, _CREATE_POSTS) as connection:
            found = upgrade(connection, posts_model(*self.columns(index=True, unique=unique)))
        assert found == [
            f"op.create_index(op.f('ix_posts_uid'), 'posts', ['uid'], unique={unique})"
        ]

    @pytest.mark.parametrize("unique", ["", "UNIQUE"])
    def test_unchanged_index_is_no_finding(self, database_url: str, unique: str) -> None:
        index = f"CREATE {unique} INDEX ix_posts_uid ON posts (uid)"
        model = posts_model(*self.columns(index=True, unique=bool(unique)))
        with database(database_url, _CREATE_POSTS, index) as connection:
            assert compare_metadata(context(connection), model) == []

    def test_index_object_is_found(self, database_url: str) -> None:
        model = posts_model(*self.columns())
        table = model.tables["posts"]
        sa.Index(None, table.c.other, table.c.uid)
        with database(database_url, _CREATE_POSTS) as connection:
            assert upgrade(connection, model) == [
                "op.create_index(op.f('ix_posts_other'), 'posts', ['other', 'uid'], unique=False)"
            ]
        index = "CREATE INDEX ix_posts_other ON posts (other, uid)"
        with database(database_url, _CREATE_POSTS, index) as connection:
            assert compare_metadata(context(connection), model) == []

    def test_changed_index_is_replaced(self, database_url: str) -> None:
        index = "CREATE INDEX ix_posts_uid ON posts (uid, other)"
        with database(database_url, _CREATE_POSTS, index) as connection:
            assert upgrade(connection, posts_model(*self.columns(index=True))) == [
                "op.drop_index(op.f('ix_posts_uid'), table_name='posts')",
                "op.create_index(op.f('ix_posts_uid'), 'posts', ['uid'], unique=False)",
            ]

    def test_all_unnamed_indexes_are_found(self, database_url: str) -> None:
        model = posts_model(*self.columns(index=True))
        table = model.tables["posts"]
        sa.Index(None, table.c.other)
        sa.Index("named", table.c.uid, table.c.other)
        sa.Index(None, table.c.uid, table.c.id)
        with database(database_url, _CREATE_POSTS) as connection:
            columns = [found.split("'posts', ")[1] for found in upgrade(connection, model)]
        assert sorted(columns) == sorted(
            f"[{names}], unique=False)"
            for names in ("'other'", "'uid'", "'uid', 'id'", "'uid', 'other'")
        )

    def test_unique_column_keeps_its_constraint(self, database_url: str) -> None:
        model = posts_model(*self.columns(unique=True))
        with database(database_url, _CREATE_POSTS) as connection:
            assert upgrade(connection, model) == [
                "op.create_unique_constraint(None, 'posts', ['uid'])"
            ]
        create = _CREATE_POSTS.replace("uid INTEGER", "uid INTEGER UNIQUE")
        with database(database_url, create) as connection:
            assert compare_metadata(context(connection), model) == []


def test_existing_type_is_not_rendered_without_compare_type(database_url: str) -> None:
    model = sa.MetaData()
    sa.Table("t", model, sa.Column("a", sa.Integer, nullable=False))
    with database(database_url, "CREATE TABLE t (a INTEGER)") as connection:
        assert upgrade(connection, model, compare_type=False) == [
            "op.alter_column('t', 'a',",
            "nullable=False)",
        ]


def test_unreflectable_expression_index_of_new_table_is_skipped(
    sqlite_url: str,
) -> None:
    model = sa.MetaData()
    table = sa.Table("t", model, sa.Column("a", sa.String))
    sa.Index("ix", sa.func.lower(table.c.a))
    with (
        database(sqlite_url) as connection,
        pytest.warns(UserWarning, match="skipping metadata-specified expression-based index 'ix'"),
    ):
        assert not any("create_index" in line for line in upgrade(connection, model))


@pytest.mark.parametrize(
    ("names", "expected"),
    [((None, None), ["None"]), (("u1", "u2"), ["'u1'", "'u2'"]), (("u1", None), ["'u1'", "None"])],
)
def test_equal_unique_constraints_are_created_once_per_name(
    database_url: str, names: Sequence[str | None], expected: list[str]
) -> None:
    model = sa.MetaData()
    constraints = [sa.UniqueConstraint("a", name=name) for name in names]
    sa.Table("t", model, sa.Column("a", sa.Integer), *constraints)
    with database(database_url, "CREATE TABLE t (a INTEGER)") as connection:
        assert upgrade(connection, model) == [
            f"op.create_unique_constraint({name}, 't', ['a'])" for name in expected
        ]


def test_column_order_of_unique_constraint_is_no_change(database_url: str) -> None:
    model = sa.MetaData()
    columns = [sa.Column("a", sa.Integer), sa.Column("b", sa.Integer)]
    sa.Table("t", model, *columns, sa.UniqueConstraint("b", "a", name="u"))
    create = "CREATE TABLE t (a INTEGER, b INTEGER, CONSTRAINT u UNIQUE (a, b))"
    with database(database_url, create) as connection:
        assert compare_metadata(context(connection), model) == []


def test_undeferrable_foreign_key_has_no_deferrable_option(sqlite_url: str) -> None:
    create = (
        "CREATE TABLE p (id INTEGER PRIMARY KEY)",
        "CREATE TABLE t (a INTEGER, CONSTRAINT k FOREIGN KEY (a) REFERENCES p (id) NOT DEFERRABLE)",
    )
    with database(sqlite_url, *create) as connection:
        configured = context(connection)
        script = produce_migrations(configured, sa.MetaData())
        assert script.downgrade_ops is not None
        code = render_python_code(script.downgrade_ops, migration_context=configured)
    assert "sa.ForeignKeyConstraint(['a'], ['p.id'], name=op.f('k'))" in code


def test_changed_options_of_an_identity_are_logged(
    postgresql_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    model = sa.MetaData()
    sa.Table("t", model, sa.Column("a", sa.Integer, sa.Identity(always=True), nullable=False))
    caplog.set_level(logging.INFO, "alembic")
    with database(postgresql_url, "CREATE TABLE t (a INTEGER NOT NULL)") as connection:
        compare_metadata(context(connection, compare_server_default=True), model)
    assert (
        "Detected server default on column 't.a': identity options attributes ['always']"
        in caplog.messages
    )


def test_approximate_comparison_of_index_warns(
    sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    model = sa.MetaData()
    table = sa.Table("t", model, sa.Column("a", sa.String))
    sa.Index("ix", sa.func.lower(table.c.a))
    create = ("CREATE TABLE t (a VARCHAR)", "CREATE INDEX ix ON t (a)")
    with database(sqlite_url, *create) as connection:
        compare_metadata(context(connection), model)
    assert any(
        record.name == "alembic.ddl.impl"
        and record.levelno == logging.WARNING
        and record.getMessage().startswith("Generating approximate signature for index Index('ix'")
        for record in caplog.records
    )


class TestDefaultsThatTheServerCannotEvaluate:
    create = (
        "CREATE TABLE t (a INTEGER DEFAULT 1 + 1, b INET DEFAULT '127.0.0.1'::inet, "
        "c JSON DEFAULT json_build_object('a', 1), d INTEGER DEFAULT 3 + 4, e INTEGER)"
    )

    def model(self, **defaults: str) -> sa.MetaData:
        model = sa.MetaData()
        types: dict[str, Any] = {
            "a": sa.Integer,
            "b": postgresql.INET,
            "c": postgresql.JSON,
            "d": sa.Integer,
        }
        columns: list[sa.Column[Any]] = [
            sa.Column(name, type_, server_default=sa.text(defaults[name]))
            for name, type_ in types.items()
        ]
        sa.Table("t", model, *columns, sa.Column("e", sa.Integer))
        return model

    def changed(self, connection: sa.Connection, **defaults: str) -> list[str]:
        found = compare_metadata(
            context(connection, compare_server_default=True), self.model(**defaults)
        )
        return [change[0][3] for change in found]

    def test_other_defaults_are_still_compared(self, postgresql_url: str) -> None:
        with database(postgresql_url, self.create) as connection:
            found = self.changed(
                connection,
                a="no_such_function(1)",
                b="inet '127.0.0.1'",
                c="json_build_object('b', 1)",  # JSON has no equality operator
                d="14 / 2",
            )
            assert found == ["a", "c"]
            # the transaction is still usable
            assert connection.scalar(sa.text("SELECT 1")) == 1

    def test_default_that_cannot_be_evaluated_is_compared_as_text(
        self, postgresql_url: str
    ) -> None:
        with database(postgresql_url, self.create) as connection:
            found = self.changed(
                connection,
                a="2",
                b="'127.0.0.1'",
                c="json_build_object('a'::text, 1)",
                d="7",
            )
            assert found == []

    def test_comparison_works_in_autocommit_mode(self, postgresql_url: str) -> None:
        with database(postgresql_url, self.create) as connection:
            autocommit = connection.execution_options(isolation_level="AUTOCOMMIT")
            found = self.changed(autocommit, a="no_such_function(1)", b="'::1'", c="NULL", d="7")
            assert found == ["a", "b", "c"]
