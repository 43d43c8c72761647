"""What PostgreSQL does with the statements that squawk's rules find, and with what they propose."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from limbeck.lint import squawk


class Database:
    """Two sessions of a database: one that migrates, and one of an application, which waits for no lock."""

    def __init__(self, url: str) -> None:
        self._engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        self._migration = self._engine.connect()
        self._application = self._engine.connect()
        self._application.exec_driver_sql("SET lock_timeout = '200ms'")

    def close(self) -> None:
        self._migration.close()
        self._application.close()
        self._engine.dispose()

    def run(self, *statements: str) -> None:
        """Execute statements, each committed."""
        for statement in statements:
            self._migration.exec_driver_sql(statement.replace("%", "%%"))

    def one(self, query: str) -> object:
        """Return the first value of a query."""
        return self._migration.exec_driver_sql(query.replace("%", "%%")).scalar()

    def fails(self, statement: str) -> str:
        """Return the error of a statement."""
        with pytest.raises(sa.exc.DBAPIError) as caught:
            self.run(statement)
        return str(caught.value.orig)

    @contextmanager
    def transaction(self, *statements: str) -> Iterator[None]:
        """Within the block, a transaction with the statements is open."""
        self.run("BEGIN", *statements)
        try:
            yield
        finally:
            self.run("ROLLBACK")

    def application_waits(self, statement: str) -> bool:
        """Return whether a statement of the application has to wait."""
        try:
            self._application.exec_driver_sql(statement)
        except sa.exc.OperationalError as error:
            assert "lock timeout" in str(error), error
            return True
        return False


@pytest.fixture
def database(postgresql_url: str) -> Iterator[Database]:
    made = Database(postgresql_url)
    yield made
    made.close()


def ban_alter_domain_with_add_constraint(db: Database) -> None:
    db.run("CREATE DOMAIN d AS integer", "CREATE TABLE t (a d)", "INSERT INTO t VALUES (1)")
    with db.transaction("ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE > 0)"):
        assert db.application_waits("INSERT INTO t VALUES (2)")
    with db.transaction("ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE > 0) NOT VALID"):
        assert not db.application_waits("UPDATE t SET a = a WHERE false")


def ban_create_domain_with_constraint(db: Database) -> None:
    """To change the constraint, every table of the domain is read; of a CHECK, its own."""
    check = "CHECK (a > 0)"
    db.run(
        "CREATE DOMAIN d AS integer CONSTRAINT c CHECK (VALUE > 0)",
        "CREATE TABLE t (a d)",
        "CREATE TABLE u (a d)",
    )
    db.run(f"CREATE TABLE v (a integer CONSTRAINT cv {check})", f"CREATE TABLE w (a integer {check})")  # fmt: skip
    with db.transaction(
        "ALTER DOMAIN d DROP CONSTRAINT c", "ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE > 1)"
    ):
        assert db.application_waits("INSERT INTO t VALUES (2)")
        assert db.application_waits("INSERT INTO u VALUES (2)")
    with db.transaction(
        "ALTER TABLE v DROP CONSTRAINT cv", "ALTER TABLE v ADD CONSTRAINT cv CHECK (a > 1)"
    ):
        assert not db.application_waits("INSERT INTO w VALUES (2)")


def ban_drop_database(db: Database) -> None:
    name = f"{db.one('SELECT current_database()')}_more"
    db.run(f"CREATE DATABASE {name}", f"DROP DATABASE {name}")
    assert db.one(f"SELECT count(*) FROM pg_database WHERE datname = '{name}'") == 0


def ban_duplicate_column_assignments(db: Database) -> None:
    db.run("CREATE TABLE t (a integer)")
    assert "multiple assignments" in db.fails("UPDATE t SET a = 1, a = 2")
    db.run("UPDATE t SET a = 2")


def ban_truncate_cascade(db: Database) -> None:
    db.run("CREATE TABLE t (a integer PRIMARY KEY)", "CREATE TABLE u (a integer REFERENCES t)")
    db.run("INSERT INTO t VALUES (1)", "INSERT INTO u VALUES (1)")
    assert "foreign key" in db.fails("TRUNCATE t")
    assert db.one("SELECT count(*) FROM u") == 1
    db.run("TRUNCATE t CASCADE")
    assert db.one("SELECT count(*) FROM u") == 0


def identifier_too_long(db: Database) -> None:
    db.run(f"CREATE TABLE {'x' * 64} (a bigint)", f"CREATE TABLE {'y' * 63} (a bigint)")
    found = "SELECT count(*) FROM pg_class WHERE relname::text = '{}'"
    assert db.one(found.format("x" * 64)) == 0
    assert db.one(found.format("x" * 63)) == 1
    assert db.one(found.format("y" * 63)) == 1


def require_concurrent_partition_detach(db: Database) -> None:
    db.run(
        "CREATE TABLE t (a integer) PARTITION BY RANGE (a)", "CREATE TABLE p PARTITION OF t DEFAULT"
    )
    db.run("CREATE TABLE q PARTITION OF t FOR VALUES FROM (1) TO (9)", "DROP TABLE p")
    with db.transaction("ALTER TABLE t DETACH PARTITION q"):
        assert db.application_waits("SELECT * FROM t")
    assert "transaction block" in _in_transaction(
        db, "ALTER TABLE t DETACH PARTITION q CONCURRENTLY"
    )
    db.run("ALTER TABLE t DETACH PARTITION q CONCURRENTLY")
    assert db.one("SELECT count(*) FROM pg_inherits") == 0


def require_concurrent_reindex(db: Database) -> None:
    db.run("CREATE TABLE t (a integer)", "CREATE INDEX ix ON t (a)")
    with db.transaction("REINDEX INDEX ix"):
        assert db.application_waits("INSERT INTO t VALUES (1)")
    assert "transaction block" in _in_transaction(db, "REINDEX INDEX CONCURRENTLY ix")
    db.run("REINDEX INDEX CONCURRENTLY ix")
    assert db.one("SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix'::regclass") is True


def _in_transaction(db: Database, statement: str) -> str:
    """Return the error of a statement in a transaction: it holds no lock until the end of one."""
    db.run("BEGIN")
    try:
        return db.fails(statement)
    finally:
        db.run("ROLLBACK")


def ban_char_field(db: Database) -> None:
    db.run("CREATE TABLE t (a char(5), b text)", "INSERT INTO t VALUES ('x', 'x')")
    assert db.one("SELECT octet_length(a) FROM t") == 5
    assert db.one("SELECT octet_length(b) FROM t") == 1


def ban_drop_type(db: Database) -> None:
    db.run("CREATE TYPE e AS ENUM ('x')")
    assert db.one("SELECT 'x'::e") == "x"
    db.run("DROP TYPE e")
    assert "does not exist" in db.fails("SELECT 'x'::e")


def ban_drop_view(db: Database) -> None:
    db.run("CREATE VIEW v AS SELECT 1 AS a")
    assert db.one("SELECT a FROM v") == 1
    db.run("DROP VIEW v")
    assert "does not exist" in db.fails("SELECT a FROM v")


def prefer_bigint_over_int(db: Database) -> None:
    db.run("CREATE TABLE t (a integer)", "CREATE TABLE u (a bigint)")
    assert "out of range" in db.fails("INSERT INTO t VALUES (2147483648)")
    db.run("INSERT INTO u VALUES (2147483648)")


def prefer_bigint_over_smallint(db: Database) -> None:
    db.run("CREATE TABLE t (a smallint)", "CREATE TABLE u (a bigint)")
    assert "out of range" in db.fails("INSERT INTO t VALUES (32768)")
    db.run("INSERT INTO u VALUES (32768)")


def prefer_identity(db: Database) -> None:
    db.run("CREATE TABLE t (a bigserial PRIMARY KEY)", "INSERT INTO t VALUES (1)")
    assert "duplicate key" in db.fails("INSERT INTO t DEFAULT VALUES")
    db.run("CREATE TABLE u (a bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY)")
    assert "non-DEFAULT value" in db.fails("INSERT INTO u VALUES (1)")
    db.run("INSERT INTO u DEFAULT VALUES")


def prefer_robust_stmts(db: Database) -> None:
    db.run("CREATE TABLE t (a integer CONSTRAINT c CHECK (a > 0))")
    db.run("ALTER TABLE t DROP CONSTRAINT c")
    assert "does not exist" in db.fails("ALTER TABLE t DROP CONSTRAINT c")
    db.run("ALTER TABLE t DROP CONSTRAINT IF EXISTS c")


def prefer_text_field(db: Database) -> None:
    """To shorten the limit, the table is locked and read under the lock; a CHECK is validated beside the application."""
    db.run("CREATE TABLE t (a varchar(5))", "CREATE TABLE u (a text)")
    with db.transaction("ALTER TABLE t ALTER a TYPE varchar(4)"):
        assert db.application_waits("SELECT * FROM t")
    db.run("ALTER TABLE u ADD CONSTRAINT c CHECK (length(a) <= 4) NOT VALID")
    with db.transaction("ALTER TABLE u VALIDATE CONSTRAINT c"):
        assert not db.application_waits("INSERT INTO u VALUES ('x')")


def prefer_timestamp_tz(db: Database) -> None:
    db.run("CREATE TABLE t (a timestamp, b timestamptz)", "SET timezone = 'UTC'")
    db.run("INSERT INTO t VALUES ('2026-01-01 12:00+00', '2026-01-01 12:00+00')", "SET timezone = 'Asia/Tokyo'")  # fmt: skip
    assert db.one("SELECT a = '2026-01-01 12:00+00'::timestamptz FROM t") is False
    assert db.one("SELECT b = '2026-01-01 12:00+00'::timestamptz FROM t") is True


def require_enum_value_ordering(db: Database) -> None:
    db.run("CREATE TYPE e AS ENUM ('a', 'c')", "CREATE TYPE f AS ENUM ('a', 'c')")
    db.run("ALTER TYPE e ADD VALUE 'b'", "ALTER TYPE f ADD VALUE 'b' BEFORE 'c'")
    assert db.one("SELECT 'b'::e < 'c'::e") is False
    assert db.one("SELECT 'b'::f < 'c'::f") is True


def require_table_schema(db: Database) -> None:
    db.run("CREATE SCHEMA other", "SET search_path = other")
    db.run("CREATE TABLE t (a bigint)", "CREATE TABLE public.u (a bigint)")
    where = "SELECT relnamespace::regnamespace::text FROM pg_class WHERE relname::text = '{}'"
    assert db.one(where.format("t")) == "other"
    assert db.one(where.format("u")) == "public"


_CHECKS: dict[str, Callable[[Database], None]] = {
    name: globals()[name.replace("-", "_")]
    for name in (rule.removeprefix(squawk.PREFIX) for rule in squawk.rules())
}


@pytest.mark.parametrize("name", _CHECKS)
def test_harm_and_what_is_proposed(name: str, database: Database) -> None:
    _CHECKS[name](database)
