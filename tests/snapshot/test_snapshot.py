"""Each kind of object has its line, and a change of it is one named difference."""

from collections.abc import Iterator
from itertools import groupby

import pytest
import sqlalchemy as sa
from limbeck.snapshot import Snapshot, compare, take
from limbeck.snapshot.sqlite import Parsed
from limbeck.snapshot.types import Object
from support.statements import recorded_statements

#: Objects that the changes below need.
_BEFORE = {
    "postgresql": """
        CREATE TYPE mood AS ENUM ('sad', 'ok');
        CREATE DOMAIN short AS varchar(9) CHECK (value <> '');
        CREATE TABLE t (id integer PRIMARY KEY, a varchar(9) DEFAULT 'x', b integer NOT NULL);
        CREATE TABLE child (id integer, t_id integer CONSTRAINT fk REFERENCES t (id));
        CREATE INDEX ix ON t (b);
        CREATE SEQUENCE numbers;
        CREATE VIEW v AS SELECT id FROM t;
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW;  END'
    """,
    "mysql": """
        CREATE TABLE t (id integer PRIMARY KEY, a varchar(9) DEFAULT 'x', b integer NOT NULL);
        CREATE TABLE child (id integer, t_id integer, CONSTRAINT fk FOREIGN KEY (t_id) REFERENCES t (id));
        CREATE INDEX ix ON t (b);
        CREATE VIEW v AS SELECT id FROM t
    """,
    "sqlite": """
        CREATE TABLE t (id integer PRIMARY KEY, a varchar(9) DEFAULT 'x', b integer NOT NULL);
        CREATE TABLE child (id integer, t_id integer, CONSTRAINT fk FOREIGN KEY (t_id) REFERENCES t (id));
        CREATE INDEX ix ON t (b);
        CREATE VIEW v AS SELECT id FROM t
    """,
}
_ALL = [
    ("DROP INDEX {ix}", ["index t.ix is missing: {(b)}"]),
    ("CREATE UNIQUE INDEX iy ON t (a, b)", ["index t.iy is new: {UNIQUE (a, b)}"]),
    ("DROP VIEW v", ["view v is missing: {}"]),
    ("DROP TABLE child", ["table child is missing: {columns id, t_id}"]),
    ("CREATE TABLE new (x integer)", ["table new is new: {columns x}"]),
    ("ALTER TABLE t ADD COLUMN c integer", ["column t.c is new: {}", "table t was {columns id, a, b}"]),
]  # fmt: skip
_CHANGES = {
    "postgresql": [
        ("ALTER TABLE t ALTER COLUMN a DROP DEFAULT", ["column t.a was character varying(9) DEFAULT 'x'::character varying; it is character varying(9)"]),
        ("ALTER TABLE t ALTER COLUMN b DROP NOT NULL", ["column t.b was integer NOT NULL; it is integer"]),
        ("ALTER TABLE t ALTER COLUMN a TYPE text", ["column t.a was "]),
        ("ALTER TABLE t ALTER COLUMN a TYPE varchar(9) COLLATE \"C\"", ["column t.a was "]),
        ("ALTER TABLE t ALTER COLUMN b ADD GENERATED ALWAYS AS IDENTITY", ["column t.b was "]),
        ("ALTER TYPE mood ADD VALUE 'happy' BEFORE 'ok'", ["enum mood was 'sad', 'ok'; it is 'sad', 'happy', 'ok'"]),
        ("DROP TYPE mood", ["enum mood is missing: 'sad', 'ok'"]),
        ("ALTER DOMAIN short SET NOT NULL", ["domain short was "]),
        ("ALTER SEQUENCE numbers INCREMENT 5", ["sequence numbers was "]),
        ("ALTER TABLE child DROP CONSTRAINT fk", ["constraint child.fk is missing: FOREIGN KEY (t_id) REFERENCES t(id)"]),
        ("ALTER TABLE t ADD CONSTRAINT ck CHECK (b > 0) NOT VALID", ["constraint t.ck is new: CHECK ((b > 0)) NOT VALID"]),
        ("CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()", ["trigger t.tr is new: "]),
        ("CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'", ["function f() was "]),
        ("ALTER TABLE t ENABLE ROW LEVEL SECURITY", ["table t was "]),
        ("CREATE POLICY p ON t USING (b = 1)", ["policy t.p is new: "]),
        ("GRANT SELECT ON t TO public", ["grant t.public is new: SELECT"]),
        ("COMMENT ON COLUMN t.a IS 'it''s'", ["comment t.a is new: 'it''s'"]),
        ("CREATE SCHEMA s CREATE TABLE s.inner (x integer)", ["schema s is new", "table s.inner is new: columns x"]),
        ("CREATE TABLE p (x integer) PARTITION BY RANGE (x)", ["table p is new: columns x; partitioned by RANGE (x)"]),
        ("CREATE MATERIALIZED VIEW m AS SELECT 1 AS x", ["materialized view m is new: "]),
        ("CREATE INDEX ip ON t (b DESC) WHERE b > 0", ["index t.ip is new: CREATE INDEX ip ON "]),
    ],
    "mysql": [
        ("ALTER TABLE t ALTER COLUMN a DROP DEFAULT", ["column t.a was "]),
        ("ALTER TABLE t MODIFY b integer NULL", ["column t.b was int(11) NOT NULL; it is int(11) DEFAULT NULL"]),
        ("ALTER TABLE t MODIFY b integer NOT NULL FIRST", ["table t was "]),
        ("ALTER TABLE t MODIFY a varchar(9) COLLATE utf8mb4_bin DEFAULT 'x'", ["column t.a was "]),
        ("ALTER TABLE t CONVERT TO CHARACTER SET latin1", ["table t was "]),
        ("ALTER TABLE child DROP FOREIGN KEY fk", ["foreign key child.fk is missing: (t_id) REFERENCES t (id) ON UPDATE "]),
        ("ALTER TABLE t ADD CONSTRAINT ck CHECK (b > 0)", ["constraint t.ck is new: CHECK (`b` > 0)"]),
        ("CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.b = 1", ["trigger t.tr is new: BEFORE INSERT SET NEW.b = 1"]),
        ("ALTER TABLE t COMMENT = 'it''s'", ["comment t is new: 'it\\'s'"]),
        ("CREATE SEQUENCE numbers", ["sequence numbers is new"]),
        ("ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (id, b)", ["index t.PRIMARY was UNIQUE (id); it is UNIQUE (id, b)"]),
    ],
    "sqlite": [
        ("CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END", ["trigger t.tr is new: "]),
        ("CREATE INDEX ip ON t (b DESC) WHERE b > 0", ["index t.ip is new: (b DESC) WHERE b > 0"]),
        ("CREATE INDEX ie ON t (lower(a))", ["index t.ie is new: CREATE INDEX ie ON t (lower(a))"]),
        ("CREATE TABLE c (x integer, CONSTRAINT ck CHECK (x > 0), UNIQUE (x))", ["table c is new: columns x"]),
    ],
}  # fmt: skip


@pytest.fixture
def connection(database_url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(database_url)
    with engine.connect() as opened:
        for statement in _BEFORE[engine.name].split(";\n"):
            opened.exec_driver_sql(statement)
        opened.commit()
        yield opened
    engine.dispose()


def test_change_is_one_named_difference(connection: sa.Connection) -> None:
    name = connection.dialect.name
    drop = {"mysql": "ix ON t"}.get(name, "ix")
    common = [(sql.replace("{ix}", drop), expected) for sql, expected in _ALL]
    parsed: Parsed = {}
    for sql, expected in [*common, *_CHANGES[name]]:
        before = take(connection)
        connection.exec_driver_sql(sql)
        after = take(connection)
        assert take(connection, parsed=parsed) == after
        found = [str(difference) for difference in compare(before, after)]
        # What stands in braces is how one of the databases says it.
        wanted = [text.partition("{")[0] for text in expected]
        assert len(found) == len(wanted), (sql, found)
        assert all(map(str.startswith, found, wanted)), (sql, found)
        assert list(compare(take(connection), take(connection))) == []
        _undo(connection)


def _undo(connection: sa.Connection) -> None:
    """Make the database again, where a transaction does not undo DDL."""
    if connection.dialect.name == "postgresql":
        connection.rollback()
        return
    connection.commit()
    for name in ("new", "child", "t", "c"):
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {name}")
    connection.exec_driver_sql("DROP VIEW IF EXISTS v")
    if connection.dialect.name == "mysql":
        connection.exec_driver_sql("DROP SEQUENCE IF EXISTS numbers")
    for statement in _BEFORE[connection.dialect.name].split(";\n"):
        connection.exec_driver_sql(statement)
    connection.commit()


def test_number_of_statements_is_fixed(connection: sa.Connection) -> None:
    counts = []
    for number in (1, 2):
        for table in range((number - 1) * 30, number * 30):
            connection.exec_driver_sql(
                f"CREATE TABLE many{table} (id integer PRIMARY KEY, a integer CHECK (a > 0), UNIQUE (a))"
            )
        with recorded_statements(connection) as statements:
            snapshot = take(connection)
        counts.append(len(statements))
        assert sum(name.kind == "table" for name in snapshot.objects) == 2 + 30 * number
    assert counts[0] == counts[1] <= 20


def test_own_tables_are_left_out(connection: sa.Connection) -> None:
    for name in ("alembic_version", "limbeck_journal"):
        connection.exec_driver_sql(f"CREATE TABLE {name} (x integer)")
    assert {name.table for name in take(connection).objects} >= {"t", "child"}
    assert "alembic_version" not in take(connection).as_text()
    assert "limbeck_journal" not in take(connection).as_text()


def test_own_tables_in_another_schema_are_left_out(postgresql_url: str) -> None:
    """They are beside the version table, whose schema `version_table_schema` names."""
    engine = sa.create_engine(postgresql_url)
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE SCHEMA meta")
        for name in ("alembic_version", "limbeck_journal"):
            connection.exec_driver_sql(f"CREATE TABLE meta.{name} (x integer PRIMARY KEY)")
        assert take(connection).as_text() == "schema meta\n"
    engine.dispose()


def test_definition_that_ends_with_a_colon_is_whole() -> None:
    """MySQL has defaults without quotes."""
    name = Object("t", "column", "a")
    snapshot = Snapshot("mysql", {name: "varchar(1) DEFAULT :", Object("s", "sequence"): ""})
    assert snapshot.as_text() == "sequence s\ncolumn t.a: varchar(1) DEFAULT :\n"
    (new,) = compare(Snapshot("mysql", {}), Snapshot("mysql", {name: "varchar(1) DEFAULT :"}))
    assert str(new) == "column t.a is new: varchar(1) DEFAULT :"


def test_wide_index_of_mysql_is_whole(mariadb_url: str) -> None:
    """MySQL cuts GROUP_CONCAT off after 1024 bytes unless the session says otherwise."""
    columns = [f"{'column_with_a_long_name_' * 2}{number}{'x' * 14}" for number in range(10, 26)]
    engine = sa.create_engine(mariadb_url)
    with engine.connect() as connection:
        connection.exec_driver_sql("SET SESSION group_concat_max_len = 1024")
        parts = ", ".join(f"{c} integer" for c in columns)
        connection.exec_driver_sql(f"CREATE TABLE wide ({parts}, KEY ix ({', '.join(columns)}))")
        found = take(connection).objects
        limit = connection.exec_driver_sql("SELECT @@SESSION.group_concat_max_len").scalar_one()
    engine.dispose()
    assert found[Object("wide", "index", "ix")] == f"({', '.join(columns)})"
    assert found[Object("wide", "table")].startswith(f"columns {', '.join(columns)};")
    assert limit == 1024


def test_expression_of_a_generated_column_of_sqlite_is_compared(sqlite_url: str) -> None:
    engine = sa.create_engine(sqlite_url)
    texts = []
    for expression in ("a + 1", "a + 2"):
        with engine.connect() as connection:
            connection.exec_driver_sql("DROP TABLE IF EXISTS t")
            connection.exec_driver_sql(
                f"CREATE TABLE t (a integer, b integer GENERATED ALWAYS AS ({expression}) STORED)"
            )
            texts.append(take(connection).objects[Object("t", "column", "b")])
    engine.dispose()
    assert texts == [
        "INTEGER GENERATED STORED AS (a + 1)",
        "INTEGER GENERATED STORED AS (a + 2)",
    ]


def test_deferrable_foreign_key_of_sqlite_is_another_one(sqlite_url: str) -> None:
    engine = sa.create_engine(sqlite_url)
    found = []
    for end in ("", " DEFERRABLE", " NOT DEFERRABLE", " DEFERRABLE INITIALLY DEFERRED"):
        with engine.connect() as connection:
            connection.exec_driver_sql("DROP TABLE IF EXISTS t")
            connection.exec_driver_sql(
                f"CREATE TABLE t (a integer, FOREIGN KEY (a) REFERENCES p (id){end})"
            )
            found.append(take(connection).as_text())
    assert len(set(found)) == len(found)
    engine.dispose()


def test_text_has_the_objects_of_a_table_together(connection: sa.Connection) -> None:
    snapshot = take(connection)
    lines = snapshot.as_text().splitlines()
    tables = [name.table for name in sorted(snapshot.objects)]
    assert len(list(groupby(tables))) == len(set(tables))
    assert len(lines) == len(tables)
    assert any(line.startswith("column t.a: ") for line in lines)


class TestRebuild:
    """What batch mode of SQLite makes anew is the same object."""

    def test_order_of_constraints_and_quotes_do_not_matter(self, sqlite_url: str) -> None:
        engine = sa.create_engine(sqlite_url)
        texts = (
            "CREATE TABLE t (id INTEGER, x INTEGER, CONSTRAINT a CHECK (x > 0), CONSTRAINT u UNIQUE (x))",
            'CREATE TABLE "t" ("id" INTEGER, x INTEGER, CONSTRAINT u UNIQUE (x), CONSTRAINT a CHECK (x > 0))',
        )
        found = []
        for text in texts:
            with engine.connect() as connection:
                connection.exec_driver_sql(text)
                found.append(take(connection))
                connection.exec_driver_sql("DROP TABLE t")
        assert list(compare(*found)) == []
        engine.dispose()
