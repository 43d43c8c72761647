"""A copy that a test has changed is as the template again, before the next test gets it."""

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.config import Config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from limbeck import short_cuts
from limbeck.snapshot import take
from limbeck.testing import MigratedDatabases
from support import projects
from support.executing import execute
from support.servers import Server

Make = Callable[..., MigratedDatabases]
_RUN = "    op.get_bind().exec_driver_sql(statement)\n"
_MYSQL = f"""\
for statement in [
    "CREATE TABLE parent (id integer PRIMARY KEY AUTO_INCREMENT, name varchar(20)) AUTO_INCREMENT = 50",
    "INSERT INTO parent (name) VALUES ('a'), ('b')",
    "INSERT INTO parent (id, name) VALUES (7, 'c')",
    '''CREATE TABLE child (
        id integer PRIMARY KEY, parent integer, n integer, twice integer AS (2 * n) STORED,
        FOREIGN KEY (parent) REFERENCES parent (id))''',
    "INSERT INTO child (id, parent, n) VALUES (0, 50, 3)",
    "CREATE TABLE `odd ``%%name` (id integer)",
    "CREATE SEQUENCE numbers START 5",
    "CREATE VIEW names AS SELECT name FROM parent",
    "CREATE FUNCTION one() RETURNS integer DETERMINISTIC RETURN 1",
]:
{_RUN}"""
_POSTGRESQL = f"""\
for statement in [
    "CREATE SCHEMA app",
    "CREATE TYPE app.mood AS ENUM ('sad', 'it''s \\\\%%')",
    '''CREATE TABLE parent (
        id integer GENERATED ALWAYS AS IDENTITY (START 50) PRIMARY KEY, name text, mood app.mood, gone integer,
        boss integer REFERENCES parent, twice text GENERATED ALWAYS AS (name || name) STORED)''',
    "ALTER TABLE parent DROP COLUMN gone",
    "INSERT INTO parent (name, mood, boss) VALUES ('a', 'sad', 51), (NULL, 'it''s \\\\%%', 50), ('', NULL, NULL)",
    "CREATE TABLE app.child (id serial PRIMARY KEY, parent integer REFERENCES parent, n double precision[])",
    "INSERT INTO app.child (parent, n) VALUES (50, '{{0.1,NULL}}')",
    'CREATE TABLE "odd ""%%Name" (id integer, parent integer REFERENCES parent)',
    "CREATE TABLE big AS SELECT repeat('x', 500) AS text FROM generate_series(1, 1000)",
    "CREATE TABLE audited (id integer)",
    "CREATE TABLE audit (id integer)",
    "INSERT INTO audited VALUES (1)",
    "CREATE FUNCTION log() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit VALUES (NEW.id); RETURN NULL; END $$",
    "CREATE TRIGGER r AFTER INSERT ON audited FOR EACH ROW EXECUTE FUNCTION log()",
    "CREATE TABLE parted (id integer) PARTITION BY RANGE (id)",
    "CREATE TABLE part PARTITION OF parted FOR VALUES FROM (1) TO (100)",
    "CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM part",
    "CREATE SEQUENCE app.numbers START 5",
    "CREATE TABLE base (id integer)",
    "CREATE TABLE derived (more integer) INHERITS (base)",
    "INSERT INTO base VALUES (1)",
    "INSERT INTO derived VALUES (2, 3)",
]:
{_RUN}"""
#: Statements of a test, and whether the copy is restored, or made again.
_RESTORED: dict[str, Sequence[tuple[str, bool]]] = {
    _MYSQL: [
        ("DELETE FROM child; DELETE FROM parent", True),
        ("INSERT INTO parent (name) VALUES ('x')", True),
        ("INSERT INTO parent (name) VALUES ('x'); DELETE FROM parent WHERE name = 'x'", True),
        ("UPDATE parent SET name = 'x' WHERE id = 7", True),
        ("SELECT NEXTVAL(numbers)", True),
        ("INSERT INTO `odd ``%name` VALUES (1)", True),
        ("ALTER TABLE child ADD more integer", False),
        ("DROP TABLE child", False),
        ("CREATE TABLE more (id integer)", False),
        ("CREATE TRIGGER t BEFORE INSERT ON child FOR EACH ROW SET NEW.n = 1", False),
        ("CREATE OR REPLACE VIEW names AS SELECT id FROM parent", False),
        ("DROP FUNCTION one", False),
        ("ALTER SEQUENCE numbers INCREMENT 3", False),
    ],
    _POSTGRESQL: [
        ("DELETE FROM app.child; DELETE FROM parent", True),
        ("INSERT INTO parent (name) VALUES ('x')", True),
        ("UPDATE parent SET name = 'x'; UPDATE app.child SET n = NULL", True),
        ("UPDATE parent SET boss = NULL", True),
        ("SELECT nextval('app.numbers'), nextval('parent_id_seq')", True),
        ("SELECT setval('app.child_id_seq', 99)", True),
        ('INSERT INTO "odd ""%Name" VALUES (1, 50)', True),
        ("INSERT INTO parted VALUES (1)", True),
        ("CREATE TEMPORARY TABLE t (id integer); INSERT INTO t VALUES (1)", True),
        ("UPDATE ONLY base SET id = 7", True),
        ("INSERT INTO derived VALUES (8, 9)", True),
        ("TRUNCATE parent CASCADE", False),
        ("DELETE FROM big", False),
        ("INSERT INTO audited VALUES (2)", False),
        ("INSERT INTO part VALUES (1); REFRESH MATERIALIZED VIEW counted", False),
        ("ALTER TYPE app.mood RENAME VALUE 'sad' TO 'glad'", False),
        ("ALTER TABLE app.child ADD more integer", False),
        ("DROP TABLE app.child", False),
        ("COMMENT ON TABLE parent IS 'x'", False),
        ("GRANT SELECT ON parent TO PUBLIC", False),
        ("DROP TRIGGER r ON audited", False),
        ("CREATE SCHEMA more", False),
        ("SELECT lo_create(0)", False),
        ("ALTER TABLE audit ENABLE ROW LEVEL SECURITY", False),
        ("ALTER SEQUENCE app.numbers INCREMENT 3", False),
    ],
}
_POSITIONS = {
    "postgresql": "SELECT last_value, is_called FROM {name}",
    "mysql": "SELECT next_not_cached_value FROM {name}",
    "mariadb": "SELECT next_not_cached_value FROM {name}",
}
_SERVERS = {_MYSQL: "mariadb_server", _POSTGRESQL: "postgresql_server"}
_CASES = [
    pytest.param(objects, statements, restored, id=statements)
    for objects, cases in _RESTORED.items()
    for statements, restored in cases
]


@pytest.fixture(scope="module")
def new(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], MigratedDatabases]]:
    """A function that returns the databases of a project with some objects, whose revision notes in a file that it ran."""

    @functools.cache
    def make(objects: str) -> MigratedDatabases:
        server: Server = request.getfixturevalue(_SERVERS[objects])
        url = server.address.url("absent").render_as_string(hide_password=False)
        folder = projects.make(tmp_path_factory.mktemp("restored") / "project", url)
        projects.chain(folder, 1, {0: f"{objects}open({str(folder / 'ran')!r}, 'a').write('x')"})
        config = Config(str(folder / "alembic.ini"))
        return stack.enter_context(MigratedDatabases(config, folder / "templates"))

    with ExitStack() as stack:
        yield make


def runs(made: MigratedDatabases) -> int:
    """Return how often the revision was applied."""
    return len((made._folder.parent / "ran").read_text())


def state(url: str) -> tuple[str, dict[str, Any]]:
    """Return all that a database has: its catalog, and the rows and positions of its tables and sequences in order."""
    engine = sa.create_engine(url)
    try:
        with engine.connect() as connection:
            catalog = take(connection).as_text()
            inspector = sa.inspect(connection)
            rows: dict[str, Any] = {}
            for schema in ("app", None) if engine.name == "postgresql" else (None,):
                names = inspector.get_table_names(schema)
                if engine.name == "postgresql":
                    names += inspector.get_materialized_view_names(schema)
                for name in names:
                    table = sa.table(name, schema=schema)
                    rows[f"{schema}.{name}"] = connection.execute(
                        sa.select(sa.text("*")).select_from(table)
                    ).all()
                for name in inspector.get_sequence_names(schema):
                    position = _POSITIONS[engine.name].format(
                        name=f"{schema}.{name}".removeprefix("None.")
                    )
                    rows[name] = connection.execute(sa.text(position)).all()
            return catalog, rows
    finally:
        engine.dispose()


@pytest.mark.parametrize(("objects", "statements", "restored"), _CASES)
def test_copy_is_as_the_template_again(
    objects: str,
    statements: str,
    restored: bool,
    new: Callable[[str], MigratedDatabases],
) -> None:
    made = new(objects)
    with made.database() as database:
        url = database.url
        before = state(url)
        assert len(before[1]) > 4
        execute(url, *statements.split("; "))
    applied = runs(made)
    for _ in range(2):
        with made.database() as database:
            assert state(database.url) == before
            again = database.url
    if objects == _POSTGRESQL:
        assert (again == url) is restored
    else:
        assert (runs(made) == applied) is restored


@pytest.mark.parametrize("objects", list(_RESTORED), ids=list(_SERVERS.values()))
def test_any_statements(objects: str, new: Callable[[str], MigratedDatabases]) -> None:
    made = new(objects)
    with made.database() as database:
        before = state(database.url)
    rows = [statements for statements, restored in _RESTORED[objects] if restored]
    others = [statements for statements, restored in _RESTORED[objects] if not restored]
    # Mostly rows: otherwise nothing is restored.
    statements = st.lists(st.sampled_from([*rows, *rows, *rows, *others]), min_size=1, max_size=4)
    tests = st.lists(st.tuples(statements, st.booleans()), min_size=1, max_size=3)

    @settings(max_examples=20, suppress_health_check=list(HealthCheck))
    @given(tests)
    def check(tests: list[tuple[list[str], bool]]) -> None:
        for chosen, commits in tests:
            with made.database() as database:
                engine = sa.create_engine(database.url)
                with engine.connect() as connection:
                    for statement in "; ".join(chosen).split("; "):
                        try:
                            with connection.begin_nested():
                                connection.exec_driver_sql(statement.replace("%", "%%"))
                        except sa.exc.DBAPIError:
                            pass  # after another statement, some cannot be executed
                    if commits:
                        connection.commit()
            with made.database() as database:
                assert state(database.url) == before
            engine.dispose()

    check()


def test_transaction_that_a_test_left_open(new: Callable[[str], MigratedDatabases]) -> None:
    made = new(_POSTGRESQL)
    with made.database() as database:
        url = database.url
        engine = sa.create_engine(url)
        connection = engine.connect()
        connection.exec_driver_sql("INSERT INTO audit VALUES (1)")  # and holds its lock
    with made.database() as database:
        assert database.url == url
        assert execute(url, "SELECT * FROM audit") == []
    with pytest.raises(sa.exc.DBAPIError):
        connection.commit()
    connection.invalidate()
    engine.dispose()


@pytest.mark.parametrize(
    "statements",
    [
        ["SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'"],
        ['DROP DATABASE "{}" WITH (FORCE)'],
        ['DROP DATABASE "{}" WITH (FORCE)', 'CREATE DATABASE "{}"'],
    ],
)
def test_database_that_a_test_has_ended_or_dropped(
    statements: list[str], postgresql_server: Server, new: Callable[[str], MigratedDatabases]
) -> None:
    made = new(_POSTGRESQL)
    administrator = sa.create_engine(
        postgresql_server.address.url("postgres"), isolation_level="AUTOCOMMIT"
    )
    with made.database() as database, administrator.connect() as connection:
        url = database.url
        before = state(url)
        for statement in statements:
            connection.exec_driver_sql(statement.format(sa.make_url(url).database))
    administrator.dispose()
    with made.database() as database:
        assert database.url != url
        assert state(database.url) == before


def test_mysql_table_that_cannot_be_emptied(mariadb_url: str, databases: Make) -> None:
    body = "op.execute('CREATE TABLE t (n integer) WITH SYSTEM VERSIONING')"
    made = databases(mariadb_url, body)
    with made.database() as database:
        execute(database.url, "INSERT INTO t VALUES (1)")
    with made.database() as database:
        assert execute(database.url, "SELECT * FROM t") == []


def test_mysql_rows_behind_a_trigger(mariadb_url: str, databases: Make) -> None:
    """To restore them would fire it, so the copy is migrated again."""
    made = databases(
        mariadb_url,
        "op.execute('CREATE TABLE t (n integer)')\n"
        "op.execute('CREATE TABLE log (n integer)')\n"
        "op.execute('INSERT INTO t VALUES (1)')\n"
        "op.execute('CREATE TRIGGER r AFTER INSERT ON t FOR EACH ROW INSERT INTO log VALUES (NEW.n)')",
    )
    with made.database() as database:
        execute(database.url, "DELETE FROM t")
    with made.database() as database:
        assert execute(database.url, "SELECT * FROM t") == [(1,)]
        assert execute(database.url, "SELECT * FROM log") == []


def test_without_short_cuts_each_test_has_a_new_copy(
    postgresql_url: str, databases: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(short_cuts, "enabled", False)
    made = databases(postgresql_url, "op.execute('CREATE TABLE t (n integer)')")
    with made.database() as database:
        first = database.url
        execute(first, "INSERT INTO t VALUES (1)")
    with made.database() as database:
        assert database.url != first
        assert execute(database.url, "SELECT * FROM t") == []


def test_account_that_may_create_databases_only(postgresql_server: Server, databases: Make) -> None:
    administrator = sa.create_engine(
        postgresql_server.address.url("postgres"), isolation_level="AUTOCOMMIT"
    )
    with administrator.connect() as connection:
        connection.exec_driver_sql("CREATE ROLE tester LOGIN CREATEDB PASSWORD 'tester'")
    try:
        url = postgresql_server.address.url("absent").set(username="tester", password="tester")
        made = databases(
            url.render_as_string(hide_password=False), "op.execute('CREATE TABLE t (n integer)')"
        )
        urls = []
        for _ in range(3):
            with made.database() as database:
                urls.append(database.url)
                assert execute(database.url, "SELECT * FROM t") == []
                execute(database.url, "INSERT INTO t VALUES (1)")
        assert len(set(urls)) == 1
        made.close()
    finally:
        with administrator.connect() as connection:
            names = connection.exec_driver_sql(
                "SELECT d.datname FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba WHERE r.rolname = 'tester'"
            ).scalars()
            for name in list(names):
                connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
            connection.exec_driver_sql("DROP ROLE tester")
        administrator.dispose()
