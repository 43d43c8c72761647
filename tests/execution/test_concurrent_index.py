"""CREATE INDEX CONCURRENTLY on PostgreSQL: a run continues after one that failed, and builds no index twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from support import projects
from support.programs import Program

_ON = "[limbeck]\nlock_timeout = 20\n"
_DRIVERS = ("psycopg", "psycopg2", "asyncpg")
_TABLE = "CREATE TABLE account (id integer PRIMARY KEY, name text, age integer)"
_UNIQUE = 'op.create_index("i", "account", ["name"], unique=True, postgresql_concurrently=True)'


def _outside_transaction(*lines: str) -> str:
    return "\n    ".join(["with op.get_context().autocommit_block():", *lines])


def _project(
    folder: Path, url: str, *bodies: str, settings: str = _ON, driver: str = "psycopg"
) -> Path:
    """Write a project with a revision for each body."""
    address = projects.with_driver(url, driver)
    made = projects.make(folder, address, env=projects.env_for(driver), settings=settings)
    projects.chain(made, len(bodies), dict(enumerate(bodies)))
    return made


def _building(folder: Path, url: str, statement: str, driver: str = "psycopg") -> Path:
    """Write a project with a revision that executes one statement outside of a transaction."""
    body = _outside_transaction(f"op.execute({statement!r})")
    return _project(folder, url, body, driver=driver)


def _run_sql(url: str, *statements: str) -> None:
    """Execute statements in autocommit."""
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))


def _indexes(url: str) -> dict[str, tuple[int, bool]]:
    """Return the object id and the validity of each index that is no primary key, by name."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT c.relname, c.oid, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
            "JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE NOT i.indisprimary AND n.nspname NOT LIKE 'pg\\_%%'"
        ).fetchall()
    return {name: (number, valid) for name, number, valid in rows}


def _temporary_tables(url: str) -> int:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        count = connection.exec_driver_sql(
            "SELECT count(*) FROM pg_class WHERE relpersistence = 't'"
        ).scalar_one()
    return int(count)


@contextmanager
def _writer(url: str) -> Iterator[None]:
    """Hold a transaction that has the lock of a writer on the table `account`."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql("UPDATE account SET age = 1 WHERE false")
        yield
        connection.rollback()


@pytest.mark.parametrize("driver", _DRIVERS)
def test_invalid_index_of_a_failed_run_is_replaced(
    limbeck: Program, tmp_path: Path, postgresql_url: str, driver: str
) -> None:
    _run_sql(postgresql_url, _TABLE, "INSERT INTO account VALUES (1, 'a'), (2, 'a')")
    folder = _project(tmp_path / "p", postgresql_url, _outside_transaction(_UNIQUE), driver=driver)
    failed = limbeck.alembic(folder, "upgrade", "head")
    assert failed.returncode != 0
    left = _indexes(postgresql_url)["i"]
    assert not left[1]
    _run_sql(postgresql_url, "DELETE FROM account WHERE id = 2")
    done = limbeck.alembic(folder, "upgrade", "head")
    assert done.returncode == 0, done.stderr
    assert "revision r0001: index public.i is invalid after an earlier attempt" in done.stderr
    number, is_valid = _indexes(postgresql_url)["i"]
    assert is_valid
    assert number != left[0]


def test_resumed_revision_replaces_an_invalid_index(
    limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    """Without a limit: the journal alone is on."""
    _run_sql(postgresql_url, _TABLE, "INSERT INTO account VALUES (1, 'a'), (2, 'a')")
    body = _outside_transaction("op.execute('CREATE TABLE once (id integer)')", _UNIQUE)
    settings = "[limbeck]\njournal = true\n"
    folder = _project(tmp_path / "p", postgresql_url, body, settings=settings)
    assert limbeck.alembic(folder, "upgrade", "head").returncode != 0
    assert not _indexes(postgresql_url)["i"][1]
    _run_sql(postgresql_url, "DELETE FROM account WHERE id = 2")
    done = limbeck.alembic(folder, "upgrade", "head", "--resume")
    assert done.returncode == 0, done.stderr
    assert "index public.i is invalid after an earlier attempt" in done.stderr
    assert _indexes(postgresql_url)["i"][1]


def test_invalid_index_is_an_error_while_every_option_is_off(
    limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    _run_sql(postgresql_url, _TABLE, "INSERT INTO account VALUES (1, 'a'), (2, 'a')")
    folder = _project(tmp_path / "p", postgresql_url, _outside_transaction(_UNIQUE), settings="")
    assert limbeck.alembic(folder, "upgrade", "head").returncode != 0
    _run_sql(postgresql_url, "DELETE FROM account WHERE id = 2")
    again = limbeck.alembic(folder, "upgrade", "head")
    assert again.returncode != 0
    assert 'relation "i" already exists' in again.stderr
    assert not _indexes(postgresql_url)["i"][1]


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
@pytest.mark.parametrize("is_after_a_commit", [True, False], ids=["statement", "revision"])
def test_index_is_built_after_lock_timeouts(
    limbeck: Program, tmp_path: Path, postgresql_url: str, driver: str, is_after_a_commit: bool
) -> None:
    """The statement alone is repeated after a commit, otherwise the revision is."""
    _run_sql(postgresql_url, _TABLE)
    body = _outside_transaction(_UNIQUE)
    if is_after_a_commit:
        body = f"op.execute('CREATE TABLE once (id integer)')\n{body}"
    folder = _project(tmp_path / "p", postgresql_url, body, driver=driver)
    limits = ("--lock-timeout", "0.5", "--lock-retries", "50", "--lock-backoff", "0.2")
    with _writer(postgresql_url):
        process = limbeck.start(folder, "upgrade", "head", *limits)
        process.wait_for("lock timeout in attempt 2 of 51")
        assert not _indexes(postgresql_url)["i"][1]
    done = process.finish()
    assert done.returncode == 0, done.stderr
    assert "index public.i is invalid after an earlier attempt" in done.stderr
    assert _indexes(postgresql_url)["i"][1]


#: Definitions, each with the same one in other words.
_SAME = [
    ("INDEX {} ON account (name)", 'INDEX {} ON "account" USING BTREE ("name" ASC NULLS LAST)'),
    ("UNIQUE INDEX {} ON account (name)", "unique index {} on only public.account(name) ;"),
    (
        "INDEX {} ON account (lower(name)) WHERE age > 3",
        "INDEX {} ON account ( lower(account.name) ) WHERE ((account.age > 3)) -- ; a comment",
    ),
    (
        "INDEX {} ON account (name text_pattern_ops DESC, (age % 7)) WHERE name <> 'x;y'",
        "INDEX {} ON account (name text_pattern_ops DESC, (age  %  7)) WHERE name <> 'x;y';",
    ),
    ("INDEX {} ON account USING hash (name)", "INDEX {} ON account USING Hash (name)"),
    (
        "INDEX {} ON account (age) INCLUDE (name) WITH (fillfactor = 70)",
        "INDEX {} ON account (age) INCLUDE (name) WITH (FillFactor=70)",
    ),
]


def _create(definition: str, *, concurrently: str = "") -> str:
    """Return CREATE INDEX for a definition with `{}` in place of the name."""
    return f"CREATE {definition.format(f'{concurrently} i'.strip())}"


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_index_of_the_same_definition_is_kept(
    limbeck: Program, tmp_path: Path, postgresql_url: str, driver: str
) -> None:
    for at, (existing, wanted) in enumerate(_SAME):
        _run_sql(postgresql_url, "DROP TABLE IF EXISTS alembic_version, account", _TABLE)
        _run_sql(postgresql_url, _create(existing))
        before = _indexes(postgresql_url)
        folder = _building(
            tmp_path / str(at),
            postgresql_url,
            _create(wanted, concurrently="CONCURRENTLY"),
            driver,
        )
        done = limbeck.alembic(folder, "upgrade", "head")
        assert done.returncode == 0, done.stderr
        assert "r0001: index public.i exists and has the wanted definition" in done.stderr
        assert _indexes(postgresql_url) == before
        assert _temporary_tables(postgresql_url) == 0


def test_directive_keeps_an_index_of_the_same_definition(
    limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    """A run that was ended after the index and before the version row."""
    _run_sql(postgresql_url, _TABLE)
    body = _outside_transaction(
        "op.create_index('i', 'account', [sa.text('lower(name)'), 'age'], postgresql_concurrently=True, "
        "postgresql_where=sa.text(\"name <> '100%'\"))",
        "op.create_index('j', 'account', ['age'], postgresql_concurrently=True, if_not_exists=True)",
    )
    folder = _project(tmp_path / "p", postgresql_url, body)
    assert limbeck.alembic(folder, "upgrade", "head").returncode == 0
    before = _indexes(postgresql_url)
    _run_sql(postgresql_url, "DELETE FROM alembic_version")
    done = limbeck.alembic(folder, "upgrade", "head")
    assert done.returncode == 0, done.stderr
    for name in "ij":
        assert f"index public.{name} exists and has the wanted definition" in done.stderr
    assert _indexes(postgresql_url) == before
    assert "r0001 (head)" in limbeck.alembic(folder, "current").stdout


#: An existing definition, and others for which it must not be taken.
_OTHER = {
    "INDEX {} ON account (name)": [
        "INDEX {} ON account (age)",
        "INDEX {} ON account (name, age)",
        "UNIQUE INDEX {} ON account (name)",
        "INDEX {} ON account (name) WHERE age > 3",
        "INDEX {} ON account USING hash (name)",
        "INDEX {} ON account (lower(name))",
        "INDEX {} ON account (name DESC)",
        "INDEX {} ON account (name text_pattern_ops)",
        'INDEX {} ON account (name COLLATE "C")',
        "INDEX {} ON account (name) INCLUDE (age)",
        "INDEX {} ON other (name)",
    ],
    "UNIQUE INDEX {} ON account (name) WHERE age > 3": [
        "UNIQUE INDEX {} ON account (name) WHERE age > 4",
        "INDEX {} ON account (name) WHERE age > 3",
    ],
}


@pytest.mark.parametrize("if_not_exists", ["", " IF NOT EXISTS"])
def test_index_of_another_definition_is_an_error(
    limbeck: Program, tmp_path: Path, postgresql_url: str, if_not_exists: str
) -> None:
    folder = projects.make(tmp_path / "p", postgresql_url, settings=_ON)
    _run_sql(postgresql_url, _TABLE, "CREATE TABLE other (LIKE account)")
    for existing, others in _OTHER.items():
        _run_sql(postgresql_url, "DROP INDEX IF EXISTS i", _create(existing))
        before = _indexes(postgresql_url)
        for wanted in others:
            statement = _create(wanted, concurrently=f"CONCURRENTLY{if_not_exists}")
            projects.revision(
                folder, "r0001", None, _outside_transaction(f"op.execute({statement!r})")
            )
            failed = limbeck.alembic(folder, "upgrade", "head")
            assert failed.returncode == 255, (statement, failed)
            assert "FAILED: revision r0001: public.i exists, but is not the index" in failed.stdout
            assert "hint: drop or rename" in failed.stderr
            assert "Traceback" not in failed.stderr
            assert _indexes(postgresql_url) == before
    assert _temporary_tables(postgresql_url) == 0


def test_table_with_the_name_is_an_error(
    limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    _run_sql(postgresql_url, _TABLE, "CREATE TABLE i (x integer)")
    statement = "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON account (name)"
    folder = _building(tmp_path / "p", postgresql_url, statement)
    failed = limbeck.alembic(folder, "upgrade", "head")
    assert failed.returncode == 255
    assert "exists: no index" in failed.stdout
    assert "wanted: btree (name)" in failed.stdout


def test_invalid_index_of_another_table_is_kept(
    limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    _run_sql(postgresql_url, _TABLE, "CREATE TABLE other (LIKE account)")
    _run_sql(postgresql_url, "INSERT INTO other VALUES (1, 'a'), (2, 'a')")
    with pytest.raises(sa.exc.IntegrityError):
        _run_sql(postgresql_url, "CREATE UNIQUE INDEX CONCURRENTLY i ON other (name)")
    before = _indexes(postgresql_url)
    statement = "CREATE UNIQUE INDEX CONCURRENTLY i ON account (name)"
    folder = _building(tmp_path / "p", postgresql_url, statement)
    failed = limbeck.alembic(folder, "upgrade", "head")
    assert failed.returncode == 255
    assert "exists: CREATE UNIQUE INDEX i ON public.other" in failed.stdout
    assert _indexes(postgresql_url) == before


@pytest.mark.parametrize("driver", _DRIVERS)
def test_quoted_names_and_schemas_are_found(
    limbeck: Program, tmp_path: Path, postgresql_url: str, driver: str
) -> None:
    schema, table = '"My ""Schema"', '"Acc.ount %"'
    name = "An ; index's name, longer than the sixty-three bytes of PostgreSQL's names, 100 %"
    _run_sql(
        postgresql_url,
        f"CREATE SCHEMA {schema}",
        f'CREATE TABLE {schema}.{table} ("Na me" text)',
        f"INSERT INTO {schema}.{table} VALUES ('a'), ('a')",
        # Names that must not be taken for those above.
        f'CREATE TABLE public.{table} ("Na me" text)',
    )
    statement = (
        "/* a comment; */ -- and another\n"
        f'create unique index /* here */ concurrently if not exists "{name}"\n'
        f'on {schema} . {table} ("Na me")'
    )
    folder = _building(tmp_path / "p", postgresql_url, statement, driver)
    assert limbeck.alembic(folder, "upgrade", "head").returncode != 0
    ((cut, left),) = _indexes(postgresql_url).items()
    assert name.startswith(cut)
    assert not left[1]
    _run_sql(postgresql_url, f"DELETE FROM {schema}.{table}")
    done = limbeck.alembic(folder, "upgrade", "head")
    assert done.returncode == 0, done.stderr
    assert "is invalid after an earlier attempt" in done.stderr
    built = _indexes(postgresql_url)
    assert built[cut][1]
    _run_sql(postgresql_url, "DELETE FROM alembic_version")
    done = limbeck.alembic(folder, "upgrade", "head")
    assert done.returncode == 0, done.stderr
    assert "exists and has the wanted definition" in done.stderr
    assert _indexes(postgresql_url) == built


def test_index_of_a_materialized_view_is_found(
    limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    _run_sql(
        postgresql_url,
        _TABLE,
        "INSERT INTO account VALUES (1, 'a'), (2, 'a')",
        "CREATE MATERIALIZED VIEW v AS SELECT name FROM account",
    )
    statement = "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON v (name)"
    folder = _building(tmp_path / "p", postgresql_url, statement)
    assert limbeck.alembic(folder, "upgrade", "head").returncode != 0
    _run_sql(postgresql_url, "DELETE FROM account WHERE id = 2", "REFRESH MATERIALIZED VIEW v")
    done = limbeck.alembic(folder, "upgrade", "head")
    assert done.returncode == 0, done.stderr
    before = _indexes(postgresql_url)
    assert before["i"][1]
    _run_sql(postgresql_url, "DELETE FROM alembic_version")
    done = limbeck.alembic(folder, "upgrade", "head")
    assert done.returncode == 0, done.stderr
    assert "exists and has the wanted definition" in done.stderr
    assert _indexes(postgresql_url) == before


def test_index_that_another_session_builds_is_awaited(
    limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    """Such an index is invalid, too, until it is finished."""
    _run_sql(postgresql_url, _TABLE)
    statement = "CREATE INDEX CONCURRENTLY i ON account (name)"
    folder = _building(tmp_path / "p", postgresql_url, statement)
    builder = threading.Thread(target=_run_sql, args=(postgresql_url, statement))
    with _writer(postgresql_url):
        builder.start()
        for _ in range(300):
            if "i" in _indexes(postgresql_url):
                break
            time.sleep(0.05)
        before = _indexes(postgresql_url)
        assert not before["i"][1]
        process = limbeck.start(folder, "upgrade", "head")
        time.sleep(3)
        assert not process.has_ended, process.printed
    builder.join()
    done = process.finish()
    assert done.returncode == 0, done.stderr
    assert "exists and has the wanted definition" in done.stderr
    assert _indexes(postgresql_url) == {"i": (before["i"][0], True)}


def test_transaction_is_refused_as_without_limits(
    limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    _run_sql(postgresql_url, _TABLE, "CREATE INDEX i ON account (name)")
    folder = _project(
        tmp_path / "p",
        postgresql_url,
        "op.execute('CREATE INDEX CONCURRENTLY i ON account (name)')",
    )
    failed = limbeck.alembic(folder, "upgrade", "head")
    assert failed.returncode != 0
    assert "CREATE INDEX CONCURRENTLY cannot run inside a transaction block" in failed.stderr


def test_statements_after_the_index_are_not_executed_on_a_copy(
    limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    """PostgreSQL refuses several statements at once, of which one is CREATE INDEX CONCURRENTLY."""
    _run_sql(postgresql_url, _TABLE, "CREATE INDEX i ON account (name)")
    statement = "CREATE INDEX CONCURRENTLY i ON account (name); COMMIT; DROP TABLE account"
    folder = _building(tmp_path / "p", postgresql_url, statement)
    assert limbeck.alembic(folder, "upgrade", "head").returncode != 0
    assert "i" in _indexes(postgresql_url)


def test_three_processes_with_the_migration_lock_build_an_index_once(
    limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    _run_sql(
        postgresql_url,
        _TABLE,
        "INSERT INTO account SELECT n, 'name' || n, n % 90 FROM generate_series(1, 100000) n",
    )
    body = _outside_transaction("print('builds', flush=True)", "time.sleep(1)", _UNIQUE)
    folder = _project(tmp_path / "p", postgresql_url, body, settings="")
    options = ("--lock", "--lock-timeout", "5", "--lock-retries", "3")
    running = [limbeck.start(folder, "upgrade", "head", *options) for _ in range(3)]
    outputs = [process.finish(240) for process in running]
    assert [output.returncode for output in outputs] == [0] * 3, outputs
    assert sum(output.stdout.count("builds") for output in outputs) == 1
    assert {name: valid for name, (_, valid) in _indexes(postgresql_url).items()} == {"i": True}
