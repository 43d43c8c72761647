"""Changes of a test on MariaDB that are hard to see or to take back."""

from collections.abc import Callable, Sequence

import pytest
import sqlalchemy as sa
from limbeck.testing import MigratedDatabases
from support.executing import execute

Make = Callable[..., MigratedDatabases]
_RUN = "    op.get_bind().exec_driver_sql(statement)"
_TEXTS = "CREATE TABLE t (id integer PRIMARY KEY, a varchar(9) NOT NULL, b text NOT NULL)"


@pytest.mark.parametrize(
    ("objects", "statement", "query"),
    [
        pytest.param(
            [_TEXTS, "INSERT INTO t VALUES (1, '', 'x')"],
            "UPDATE t SET a = 'x', b = ''",
            "SELECT * FROM t",
            id="text in another column",
        ),
        pytest.param(
            [_TEXTS, "INSERT INTO t VALUES (1, '', 'x'), (2, 'x', '')"],
            "UPDATE t SET a = if(id = 1, 'x', ''), b = if(id = 1, '', 'x')",
            "SELECT * FROM t ORDER BY id",
            id="texts of two rows",
        ),
        pytest.param(
            ["CREATE TABLE t (n integer)"],
            "ALTER DATABASE CHARACTER SET latin2",
            "SELECT default_character_set_name FROM information_schema.schemata WHERE schema_name = database()",
            id="character set of the database",
        ),
        pytest.param(
            ["CREATE PROCEDURE p() SELECT 1"],
            "ALTER PROCEDURE p COMMENT 'x'",
            "SELECT routine_comment FROM information_schema.routines WHERE routine_schema = database()",
            id="comment of a routine",
        ),
        pytest.param(
            ["CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1"],
            "ALTER EVENT e ON COMPLETION PRESERVE COMMENT 'x'",
            "SELECT on_completion, event_comment FROM information_schema.events WHERE event_schema = database()",
            id="event",
        ),
    ],
)
def test_copy_is_as_the_template_again(
    objects: Sequence[str], statement: str, query: str, mariadb_url: str, databases: Make
) -> None:
    made = databases(mariadb_url, f"for statement in {objects!r}:\n{_RUN}")
    with made.database() as database:
        before = execute(database.url, query)
        execute(database.url, statement)
    with made.database() as database:
        assert execute(database.url, query) == before


@pytest.mark.parametrize(
    "change", ["INSERT INTO t VALUES (1)", "ALTER TABLE other ADD b integer"], ids=["rows", "table"]
)
def test_transaction_that_a_test_left_open(change: str, mariadb_url: str, databases: Make) -> None:
    made = databases(
        mariadb_url,
        "op.execute('CREATE TABLE t (n integer)')\nop.execute('CREATE TABLE other (n integer)')",
    )
    with made.database() as database:
        engine = sa.create_engine(database.url)
        connection = engine.connect()
        connection.exec_driver_sql("INSERT INTO t VALUES (2)")  # and holds its lock
        execute(database.url, change)
    with made.database() as database:
        assert execute(database.url, "SELECT * FROM t") == []
        with pytest.raises(sa.exc.DBAPIError):
            connection.commit()
        assert execute(database.url, "SELECT * FROM t") == []
    connection.invalidate()
    engine.dispose()
