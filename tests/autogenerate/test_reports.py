"""What Alembic 1.20.1 generates and cannot run, or reports for ever.

Each case fails with Alembic: the upgrade or the downgrade raises an error, or a second comparison finds the difference again.
"""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
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


_TEXTS = ["it's", "", "'q'", "\\", 'a"b', "%", "a:b", "NULL", "now()", "(x)", " x "]
#: Defaults by type. A server writes many of them in another way.
_DEFAULTS: list[tuple[Any, list[Any]]] = [
    (
        sa.String(20),
        [*_TEXTS, *map(sa.text, ["'a'", "NULL", "null", "'it''s'", "('a')"]), sa.null()],
    ),
    (sa.Integer(), ["1", "-1", *map(sa.text, ["1", "'1'", "NULL", "(1)"])]),
    (sa.Boolean(), ["1", "0", sa.true(), sa.false(), sa.text("NULL")]),
    (sa.Numeric(8, 2), ["1", "1.50", *map(sa.text, ["1.5", "'1.5'", "NULL"])]),
    (sa.Float(), ["1.5", sa.text("0.1"), sa.text("NULL")]),
    (sa.DateTime(), [sa.func.now(), "2020-01-01 00:00:00", sa.text("'2020-01-01 00:00:00'")]),
    (sa.Date(), ["2020-01-01", sa.func.current_date(), sa.text("NULL")]),
    (sa.Enum("a", "b", name="e"), ["a", sa.text("'b'"), sa.text("NULL")]),
    (sa.JSON(), ["{}", sa.text("'{}'"), '{"a": 1}', sa.text("NULL")]),
]


def test_defaults_are_found_equal(database_url: str) -> None:
    """Alembic finds those of PostgreSQL and MariaDB different that the server writes in another way."""
    is_sqlite = database_url.startswith("sqlite")
    columns = [
        sa.Column(f"c{number}_{nth}", type_, server_default=default)
        for number, (type_, defaults) in enumerate(_DEFAULTS)
        for nth, default in enumerate(defaults)
        # SQLite's parser has no default without parentheses for this function.
        if not (is_sqlite and "current_date" in str(default).lower())
    ]
    _is_found_equal(database_url, _table(*columns))


def test_expressions_of_mariadb(mariadb_url: str) -> None:
    texts = ["1+1", "1=1", "(2)"]
    columns = [
        sa.Column(f"c{number}", sa.Integer, server_default=sa.text(text))
        for number, text in enumerate(texts)
    ]
    _is_found_equal(mariadb_url, _table(*columns))


_CHANGES: list[tuple[Any, Any, Any]] = [
    (sa.String(20), "a", "A"),
    (sa.String(20), sa.text("'a'"), sa.text("'A'")),
    (sa.String(20), sa.text("NULL"), "x"),
    (sa.String(20), sa.text("NULL"), "NULL"),
    (sa.String(20), "x", sa.text("NULL")),
    (sa.String(20), "x", None),
    (sa.String(20), "a b", "ab"),
    (sa.Integer(), "1", sa.text("NULL")),
    (sa.Integer(), "1", "11"),
    (sa.Boolean(), sa.true(), sa.false()),
    (sa.Date(), "2020-01-01", "2020-01-02"),
    (sa.JSON(), '{"a": 1}', '{"A": 1}'),
]


def test_different_defaults_are_found(database_url: str) -> None:
    def model(side: int) -> sa.MetaData:
        columns = [
            sa.Column(f"c{number}", change[0], server_default=change[side])
            for number, change in enumerate(_CHANGES)
        ]
        return _table(*columns)

    is_batch = database_url.startswith("sqlite")
    code = _check(database_url, model(1), model(2), batch=is_batch)
    assert code.count("alter_column(") == len(_CHANGES)


def _indexed(*entries: Any, **options: Any) -> sa.MetaData:
    metadata = _table(
        sa.Column("a", sa.Text),
        sa.Column("v", sa.String(9)),
        sa.Column("n", sa.Integer),
        sa.Column("j", postgresql.JSONB),
    )
    if entries:
        sa.Index("ix", *entries, **options, _table=metadata.tables["t"])
    return metadata


_A = sa.column("a", sa.Text)
_OPS = "text_pattern_ops"
_INDEXES: list[tuple[list[Any], dict[str, Any]]] = [
    ([sa.desc("a")], {}),
    ([_A.desc().nulls_first()], {}),
    ([_A.desc().nulls_last()], {}),
    ([_A.asc().nulls_first()], {}),
    ([_A.asc().nulls_last()], {}),
    ([sa.func.lower(_A).desc(), _A], {}),
    ([_A.collate("C")], {}),
    ([_A.collate("C").desc(), sa.column("n")], {}),
    ([sa.column("n"), _A.collate("C").desc().nulls_last()], {}),
    ([sa.func.lower(_A).collate("C")], {}),
    ([sa.func.lower(_A.collate("C"))], {}),
    ([sa.text('a COLLATE "C"')], {}),
    ([sa.text(f'a COLLATE "C" {_OPS}')], {}),
    (["a"], {"postgresql_ops": {"a": _OPS}}),
    (["a"], {"postgresql_ops": {"a": "DESC"}}),
    (["v"], {"postgresql_ops": {"v": "varchar_pattern_ops"}}),
    ([sa.func.lower(_A).label("l")], {"postgresql_ops": {"l": _OPS}}),
    (["j"], {"postgresql_using": "gin", "postgresql_ops": {"j": "jsonb_path_ops"}}),
    ([sa.text("(j->'x') jsonb_path_ops")], {"postgresql_using": "gin"}),
]


@pytest.mark.parametrize("entries", _INDEXES, ids=lambda entries: str(entries[0][0]))
def test_indexes_of_postgresql(
    postgresql_url: str, entries: tuple[list[Any], dict[str, Any]]
) -> None:
    """Alembic finds those with COLLATE different each time."""
    _check(postgresql_url, _indexed(), _indexed(*entries[0], **entries[1]))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (_A, _A.collate("C")),
        (_A.collate("POSIX"), _A.collate("C")),
        (_A.collate("C"), _A.collate("C").desc()),
        (sa.func.lower(_A), sa.func.lower(_A).collate("C")),
    ],
    ids=str,
)
def test_different_collations_of_indexes_are_found(
    postgresql_url: str, before: Any, after: Any
) -> None:
    """Not that one is removed: PostgreSQL's description of an entry leaves it out."""
    with database(postgresql_url) as connection:
        _indexed(before).create_all(connection)
        connection.commit()
        assert "op.create_index('ix'" in generate(connection, _indexed(after)).upgrade
