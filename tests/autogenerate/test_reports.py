"""What Alembic 1.20.1 generates and cannot run, or reports for ever.

Each case fails with Alembic: the upgrade or the downgrade raises an error, or a second comparison finds the difference again.
"""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from support.generated import database, generate, is_empty, there_and_back


def _table(*columns: sa.Column[Any]) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True), *columns)
    return metadata


def _check(url: str, before: sa.MetaData, after: sa.MetaData, *, batch: bool = False) -> str:
    with database(url) as connection:
        before.create_all(connection)
        connection.commit()
        return there_and_back(connection, before, after, render_as_batch=batch).upgrade


@pytest.mark.parametrize(
    "wanted", [sa.Identity(always=False, start=5), sa.Identity(always=True, increment=3)], ids=str
)
def test_identity_is_changed(postgresql_url: str, wanted: sa.Identity) -> None:
    """Alembic adds an identity to a column that has one."""
    before = _table(sa.Column("n", sa.Integer, sa.Identity(always=True, start=1), nullable=False))
    code = _check(
        postgresql_url, before, _table(sa.Column("n", sa.Integer, wanted, nullable=False))
    )
    assert "existing_server_default=sa.Identity(" in code


def test_identity_is_removed(postgresql_url: str) -> None:
    before = _table(sa.Column("n", sa.Integer, sa.Identity(always=True), nullable=False))
    _check(postgresql_url, before, _table(sa.Column("n", sa.Integer, nullable=False)))


@pytest.mark.parametrize("unique", [False, True])
@pytest.mark.parametrize("batch", [False, True])
def test_table_with_the_index_of_a_foreign_key_is_dropped(
    mariadb_url: str, unique: bool, batch: bool
) -> None:
    """Alembic drops the index first, which the server refuses."""

    def model(*, with_child: bool) -> sa.MetaData:
        metadata = _table()
        if with_child:
            key: sa.Column[Any] = sa.Column(
                "t_id", sa.ForeignKey("t.id"), index=True, unique=unique
            )
            other = sa.Column("other", sa.Integer, index=True)
            sa.Table("child", metadata, sa.Column("id", sa.Integer, primary_key=True), key, other)
        return metadata

    code = _check(mariadb_url, model(with_child=True), model(with_child=False), batch=batch)
    assert "ix_child_other" in code
    assert "ix_child_t_id" not in code


def test_index_is_dropped_where_another_one_serves_the_foreign_key(mariadb_url: str) -> None:
    """Alembic's file runs here, and is the same."""

    def model(*, with_child: bool) -> sa.MetaData:
        metadata = _table()
        if with_child:
            key: sa.Column[Any] = sa.Column(
                "t_id", sa.ForeignKey("t.id"), primary_key=True, index=True
            )
            sa.Table("child", metadata, key)
        return metadata

    code = _check(mariadb_url, model(with_child=True), model(with_child=False))
    assert "op.drop_index(op.f('ix_child_t_id'), table_name='child')" in code


@pytest.mark.parametrize("name", [None, "is_set"])
def test_boolean_with_its_check_is_removed(sqlite_url: str, name: str | None) -> None:
    """Alembic keeps a named CHECK, which refers to the column that is gone."""
    column: sa.Column[Any] = sa.Column("b", sa.Boolean(create_constraint=True, name=name))
    _check(sqlite_url, _table(), _table(column), batch=True)


def test_defaults_of_mariadb(mariadb_url: str) -> None:
    """Alembic compares what the server writes in another way: 1 for `true`, 0.00 for 0."""
    defaults: list[tuple[Any, list[Any]]] = [
        (sa.Boolean(), [sa.true(), sa.false(), sa.text("0"), "1"]),
        (sa.DateTime(), [sa.func.now(), sa.text("now()"), sa.text("CURRENT_TIMESTAMP")]),
        (sa.Numeric(10, 2), ["1.5", sa.text("0"), sa.text("'7'"), "-3"]),
        (sa.String(20), ["it's", "", "plain", sa.text("'x'")]),
    ]
    columns = [
        sa.Column(f"{type_.__visit_name__}{number}", type_, server_default=default)
        for type_, values in defaults
        for number, default in enumerate(values)
    ]
    _is_found_equal(mariadb_url, _table(*columns))


def test_different_defaults_of_mariadb_are_found(mariadb_url: str) -> None:
    before = _table(
        sa.Column("b", sa.Boolean, server_default=sa.true()),
        sa.Column("n", sa.Numeric(10, 2), server_default="1.5"),
        sa.Column("s", sa.String(20), server_default="it's"),
        sa.Column("d", sa.DateTime, server_default=sa.func.now()),
    )
    after = _table(
        sa.Column("b", sa.Boolean, server_default=sa.false()),
        sa.Column("n", sa.Numeric(10, 2), server_default="1.05"),
        sa.Column("s", sa.String(20), server_default="its"),
        sa.Column("d", sa.DateTime, server_default=sa.text("'2020-01-01 00:00:00'")),
    )
    assert _check(mariadb_url, before, after).count("op.alter_column") == 4


def test_quoted_defaults_of_sqlite(sqlite_url: str) -> None:
    _is_found_equal(
        sqlite_url,
        _table(
            sa.Column("a", sa.String(20), server_default="it's"),
            sa.Column("b", sa.String(20), server_default=""),
        ),
    )


@pytest.mark.parametrize("text", ["1=1", "NULL", "null"])
def test_defaults_of_postgresql(postgresql_url: str, text: str) -> None:
    """Alembic evaluates `(1 = 1) = 1=1`, and PostgreSQL has no default if it is NULL."""
    _is_found_equal(
        postgresql_url, _table(sa.Column("a", sa.Boolean, server_default=sa.text(text)))
    )


def _is_found_equal(url: str, model: sa.MetaData) -> None:
    with database(url) as connection:
        model.create_all(connection)
        connection.commit()
        found = generate(connection, model)
        assert is_empty(found), found.upgrade
