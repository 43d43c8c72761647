"""Rows: kept in the body, compared between two chains, and not lost in a range that stands on earlier revisions."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from limbeck.squashing import rows
from limbeck.util.exc import CommandError
from support.programs import Program

from .test_body import TwoUrls, assert_same, written

_TABLE = """
kinds = op.create_table(
    "kinds",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(40), nullable=False),
    sa.Column("price", sa.Numeric(10, 2)),
    sa.Column("at", sa.DateTime),
    sa.Column("day", sa.Date),
    sa.Column("data", sa.JSON(none_as_null=True)),
    sa.Column("code", sa.Uuid),
    sa.Column("bits", sa.LargeBinary(9)),
    sa.Column("ratio", sa.Float),
)
"""
_ROWS = """
import datetime, decimal, uuid
kinds = sa.table("kinds", *(sa.column(name, type_) for name, type_ in {
    "name": sa.String, "price": sa.Numeric, "at": sa.DateTime, "day": sa.Date, "data": sa.JSON(none_as_null=True),
    "code": sa.Uuid, "bits": sa.LargeBinary, "ratio": sa.Float}.items()))
op.bulk_insert(kinds, [
    {"name": "it's: 5%", "price": decimal.Decimal("1.50"), "at": datetime.datetime(2026, 1, 2, 3, 4, 5), "day": datetime.date(2026, 1, 2),
     "data": {"a": [1, None, "x"]}, "code": uuid.UUID(int=7), "bits": b"\\x00'", "ratio": 1.5},
    {"name": "\\u00e9", "price": None, "at": None, "day": None, "data": None, "code": None, "bits": None, "ratio": None},
])
op.execute("INSERT INTO kinds (name) VALUES ('third')")
op.execute("DELETE FROM kinds WHERE name = 'third'")
"""


def read(url: str) -> list[tuple[object, ...]]:
    engine = sa.create_engine(url)
    try:
        with engine.connect() as connection:
            found = connection.exec_driver_sql("SELECT * FROM kinds ORDER BY id")
            return [tuple(row) for row in found]
    finally:
        engine.dispose()


@pytest.mark.parametrize("database", ["sqlite", "postgresql", "mariadb"])
def test_rows_are_kept(
    tmp_path: Path, two_urls: TwoUrls, reference: Program, database: str
) -> None:
    """On PostgreSQL, pg_dump compares the rows, and the next value of the sequence."""
    bodies = [_TABLE, _ROWS]
    found = assert_same(tmp_path, two_urls(database), bodies, reference, keep_data=True)
    assert "op.bulk_insert(" in found.upgrade


@pytest.mark.parametrize("database", ["sqlite", "postgresql", "mariadb"])
def test_kept_rows_have_the_same_values(
    tmp_path: Path, two_urls: TwoUrls, reference: Program, database: str
) -> None:
    urls = two_urls(database)
    assert_same(tmp_path, urls, [_TABLE, _ROWS], reference, keep_data=True, stays=True)
    assert len(read(urls[0])) == 2
    assert read(urls[0]) == read(urls[1])


def test_rows_are_left_out(tmp_path: Path, sqlite_url: str) -> None:
    assert "insert" not in written(tmp_path, sqlite_url, [_TABLE, _ROWS]).upgrade.lower()


def test_too_many_rows_are_refused(
    tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "MOST_ROWS", 1)
    with pytest.raises(CommandError, match=r"more than 1 rows.*\n\nhint: use --mode concat"):
        written(tmp_path, sqlite_url, [_TABLE, _ROWS], keep_data=True)


class TestRangeOnEarlierRevisions:
    """Rows that are there before the range."""

    def test_rename_is_refused(self, tmp_path: Path, database_url: str) -> None:
        """Autogenerate takes it for a dropped column and a new one."""
        rename = (
            "op.alter_column('kinds', 'ratio', new_column_name='share', existing_type=sa.Float)"
        )
        if database_url.startswith("sqlite"):
            rename = "op.execute('ALTER TABLE kinds RENAME COLUMN ratio TO share')"
        with pytest.raises(
            CommandError, match=r"kinds has other values in share|is columns id, share, name"
        ):
            written(tmp_path, database_url, [_TABLE, rename], first=1)

    def test_rename_of_table_is_refused(self, tmp_path: Path, postgresql_url: str) -> None:
        bodies = [_TABLE, "op.rename_table('kinds', 'sorts')"]
        with pytest.raises(CommandError, match="table sorts had 1 row; it has 0 rows"):
            written(tmp_path, postgresql_url, bodies, first=1)

    def test_possible_rename_is_refused_if_the_old_revisions_fail_with_rows(
        self, tmp_path: Path, postgresql_url: str
    ) -> None:
        rename = "op.alter_column('kinds', 'ratio', new_column_name='share')"
        add = "op.add_column('kinds', sa.Column('needed', sa.Integer, nullable=False))"
        bodies = [_TABLE, f"{rename}\n{add}"]
        with pytest.raises(CommandError, match="column of kinds ratio may be needed, share now"):
            written(tmp_path, postgresql_url, bodies, first=1)
        body = written(tmp_path / "other", postgresql_url, [_TABLE, add], first=1)
        assert "'needed'" in body.upgrade

    def test_changed_values_are_refused(self, tmp_path: Path, database_url: str) -> None:
        with pytest.raises(CommandError, match="kinds has other values in ratio"):
            written(tmp_path, database_url, [_TABLE, "op.execute('UPDATE kinds SET ratio = 9')"], 1)

    def test_time_of_run_is_not_compared(self, tmp_path: Path, postgresql_url: str) -> None:
        column = "sa.Column('made', sa.DateTime, server_default=sa.func.clock_timestamp())"
        body = written(tmp_path, postgresql_url, [_TABLE, f"op.add_column('kinds', {column})"], 1)
        assert "clock_timestamp" in body.upgrade
