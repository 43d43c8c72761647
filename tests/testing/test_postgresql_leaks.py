"""Changes of a test on PostgreSQL that are hard to see or to take back."""

from collections.abc import Callable, Sequence

import pytest
import sqlalchemy as sa
from limbeck.testing import MigratedDatabases
from support.executing import execute

Make = Callable[..., MigratedDatabases]
_RUN = "    op.get_bind().exec_driver_sql(statement.replace('%', '%%'))"


def _on_database(statement: str) -> str:
    """Return a statement that has the name of the database at `%I`."""
    return f"DO $x$ BEGIN EXECUTE format($y${statement}$y$, current_database()); END $x$"


def _setting(name: str, value: str) -> str:
    return _on_database(f"ALTER DATABASE %I SET {name} = '{value}'")


@pytest.mark.parametrize(
    ("objects", "statement", "query"),
    [
        pytest.param(
            ["CREATE TABLE a (t text)", "INSERT INTO a VALUES ('(x)'), (NULL)"],
            "DELETE FROM a",
            "SELECT t FROM a ORDER BY t",
            id="name of a column",
        ),
        pytest.param(
            [
                _setting("datestyle", "SQL"),
                _setting("timezone", "Asia/Kolkata"),
                _setting("extra_float_digits", "0"),
                "CREATE TABLE a (at timestamptz, n float)",
                "INSERT INTO a VALUES ('2020-01-02 00:00:00 UTC', 0.1::float + 0.2::float)",
            ],
            "DELETE FROM a",
            "SELECT extract(epoch FROM at)::text, (n - 0.3::float)::text FROM a",
            id="format of values",
        ),
        pytest.param(
            [
                _setting("standard_conforming_strings", "off"),
                "CREATE TABLE a (t text)",
                "INSERT INTO a VALUES (chr(92) || 'n')",
            ],
            "DELETE FROM a",
            "SELECT t FROM a",
            id="backslash",
        ),
        pytest.param(
            ["CREATE TABLE a (n integer)"],
            _on_database("COMMENT ON DATABASE %I IS 'x'"),
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()",
            id="comment of the database",
        ),
    ],
)
def test_copy_is_as_the_template_again(
    objects: Sequence[str], statement: str, query: str, postgresql_url: str, databases: Make
) -> None:
    made = databases(postgresql_url, f"for statement in {objects!r}:\n{_RUN}")
    with made.database() as database:
        before = execute(database.url, query)
        execute(database.url, statement)
    for _ in range(2):
        with made.database() as database:
            assert execute(database.url, query) == before


def test_account_that_does_not_see_all_rows(postgresql_url: str, databases: Make) -> None:
    """Its changes cannot be seen either, so that each test has a new copy."""
    execute(
        postgresql_url,
        "DROP ROLE IF EXISTS creator",
        "CREATE ROLE creator LOGIN PASSWORD 'x' CREATEDB",
    )
    objects = [
        "CREATE TABLE t (n integer)",
        "INSERT INTO t VALUES (1)",
        "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE t FORCE ROW LEVEL SECURITY",
        "CREATE POLICY p ON t USING (n < 3)",
    ]
    url = sa.make_url(postgresql_url).set(username="creator", password="x")
    made = databases(
        url.render_as_string(hide_password=False), f"for statement in {objects!r}:\n{_RUN}"
    )
    for _ in range(2):
        with made.database() as database:
            assert execute(database.url, "SELECT n FROM t") == [(1,)]
            execute(database.url, "INSERT INTO t VALUES (2)")
    made.close()
    engine = sa.create_engine(postgresql_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        owned = "SELECT datname FROM pg_database WHERE datdba = 'creator'::regrole"
        for name in connection.exec_driver_sql(owned).scalars():
            connection.exec_driver_sql(f'DROP DATABASE "{name}"')
        connection.exec_driver_sql("DROP ROLE creator")
    engine.dispose()
