"""What PostgreSQL does with the examples: the locks, the rewrites and the errors that the rules name.

Each body runs in a session of its own. What it does to others is seen from a second session before the first one commits.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from limbeck.lint.rule import Rule
from support.programs import Program

from .linting import RULES, check_body, write

_ABOUT_LOCKS = [r for r in RULES if r.dialects == ("postgresql",) and r.effect.lock]
_FOR_ALL = [r for r in RULES if not r.dialects and r.example.before]
_OPTIONS = {"transaction_per_migration": True}
_LOCKS = sa.text(
    "SELECT relation::regclass::text, mode FROM pg_locks JOIN pg_class ON pg_class.oid = relation "
    "WHERE pid = :pid AND relkind = 'r' AND relnamespace = 'public'::regnamespace AND granted"
)
_FILES = sa.text(
    "SELECT relname, relfilenode FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
)


@dataclass
class Seen:
    """What a body did."""

    #: The locks that it held at its end: table and mode.
    locks: set[tuple[str, str]] = field(default_factory=set)
    #: The tables that were rewritten.
    rewritten: set[str] = field(default_factory=set)
    error: Exception | None = None


@pytest.fixture
def engine(postgresql_url: str) -> Iterator[sa.Engine]:
    engine = sa.create_engine(postgresql_url, poolclass=sa.NullPool)
    yield engine
    engine.dispose()


def run_body(context: MigrationContext, body: str) -> None:
    """Run the body of `upgrade()` in a migration context; one with functions of its own has it."""
    with Operations.context(context) as op:
        names: dict[str, Any] = {"op": op, "sa": sa}
        exec(body, names)  # noqa: S102 - an example of this repository
        names.get("upgrade", lambda: None)()


def prepare(engine: sa.Engine, before: str) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=_OPTIONS)
        with context.begin_transaction(_per_migration=True):
            run_body(context, before)


def observe(engine: sa.Engine, body: str) -> Seen:
    """Run a body as a revision, and look at its session from another one before it commits."""
    seen = Seen()
    with engine.connect() as observer, engine.connect() as connection:
        observer = observer.execution_options(isolation_level="AUTOCOMMIT")
        files = dict(map(tuple, observer.execute(_FILES)))
        pid = connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
        connection.rollback()
        context = MigrationContext.configure(connection, opts=_OPTIONS)
        try:
            with context.begin_transaction(_per_migration=True):
                run_body(context, body)
                rows = observer.execute(_LOCKS, {"pid": pid})
                seen.locks = {(table, mode) for table, mode in rows}
        except sa.exc.DBAPIError as error:
            seen.error = error
            return seen
        after = dict(map(tuple, observer.execute(_FILES)))
        seen.rewritten = {name for name, file in files.items() if after.get(name, file) != file}
    return seen


def _mode(lock: str) -> str:
    """Return the name of a lock as pg_locks has it: ACCESS EXCLUSIVE is AccessExclusiveLock."""
    return "".join(word.capitalize() for word in lock.split()) + "Lock"


@pytest.mark.parametrize("rule", _ABOUT_LOCKS, ids=lambda rule: rule.name)
def test_wrong_example_holds_the_lock_that_the_rule_names(rule: Rule, engine: sa.Engine) -> None:
    prepare(engine, rule.example.before)
    seen = observe(engine, rule.example.wrong)
    assert seen.error is None
    assert ("account", _mode(rule.effect.lock)) in seen.locks
    assert ("account" in seen.rewritten) == rule.effect.rewrites


@pytest.mark.parametrize("rule", _FOR_ALL, ids=lambda rule: rule.name)
def test_wrong_example_holds_the_lock_of_its_finding(
    rule: Rule, engine: sa.Engine, tmp_path: Path
) -> None:
    """Rules for all databases have no lock of their own: the finding has that of the statement on PostgreSQL."""
    example = rule.example
    report = check_body(tmp_path / "p", example.wrong, example.before, beside=example.beside)
    (finding,) = report.findings
    prepare(engine, example.before)
    modes = {mode for table, mode in observe(engine, rule.example.wrong).locks}
    assert (_mode("ACCESS EXCLUSIVE") in modes) == (finding.effect.lock == "ACCESS EXCLUSIVE")


@pytest.mark.parametrize("rule", _ABOUT_LOCKS, ids=lambda rule: rule.name)
def test_right_example_rewrites_no_table(rule: Rule, engine: sa.Engine) -> None:
    prepare(engine, rule.example.before)
    seen = observe(engine, rule.example.right)
    assert seen.error is None
    assert seen.rewritten == set()


@pytest.mark.parametrize(
    "name",
    [
        "pg-index-without-concurrently",
        "pg-drop-index-without-concurrently",
        "pg-foreign-key-without-not-valid",
        "pg-check-without-not-valid",
        "pg-validate-in-same-transaction",
        "pg-ddl-and-backfill",
    ],
)
def test_right_example_ends_without_the_lock(name: str, engine: sa.Engine) -> None:
    (rule,) = (rule for rule in RULES if rule.name == name)
    prepare(engine, rule.example.before)
    seen = observe(engine, rule.example.right)
    assert seen.error is None
    assert ("account", _mode(rule.effect.lock)) not in seen.locks
    assert ("account", "AccessExclusiveLock") not in seen.locks


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("pg-concurrently-in-transaction", "cannot run inside a transaction block"),
        ("pg-enum-value-in-transaction", "unsafe use of new value"),
    ],
)
def test_wrong_example_is_refused(name: str, message: str, engine: sa.Engine) -> None:
    (rule,) = (rule for rule in RULES if rule.name == name)
    prepare(engine, rule.example.before)
    assert message in str(observe(engine, rule.example.wrong).error)
    assert observe(engine, rule.example.right).error is None


def test_order_of_two_branches_decides_the_default(engine: sa.Engine) -> None:
    """Each order is a run of the same revisions; `depends_on` of the right example leaves one of them."""
    (rule,) = (rule for rule in RULES if rule.name == "two-branches-one-table")
    defaults = []
    for bodies in (
        (rule.example.wrong, rule.example.beside),
        (rule.example.beside, rule.example.wrong),
    ):
        prepare(engine, rule.example.before)
        for body in bodies:
            prepare(engine, body)
        columns = sa.inspect(engine).get_columns("account")
        defaults.append({column["name"]: column["default"] for column in columns}["email"])
        prepare(engine, 'op.drop_table("account")')
    assert defaults == [
        "'nobody@example.com'::character varying",
        "'unknown'::character varying",
    ]


@pytest.mark.parametrize("kind", ["wrong", "right"])
def test_readers_wait_behind_a_statement_that_waits(
    kind: str, engine: sa.Engine, limbeck: Program, tmp_path: Path
) -> None:
    """With a lock_timeout, the statement gives up, and readers go on."""
    (rule,) = (rule for rule in RULES if rule.name == "no-lock-timeout")
    url = engine.url.render_as_string(hide_password=False)
    body = getattr(rule.example, kind).replace("lock_timeout = 5", "lock_timeout = 0.5")
    write(tmp_path / "p", url, rule.example.before, body)
    assert limbeck.alembic(tmp_path / "p", "upgrade", "r0001").returncode == 0
    waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    with engine.connect() as report, engine.connect() as reader:
        report.execute(sa.text("SELECT * FROM account"))
        running = limbeck.start(tmp_path / "p", "upgrade", "head")
        if kind == "wrong":
            while not report.execute(waiting).scalar_one():
                time.sleep(0.05)
            reader.execute(sa.text("SET statement_timeout = '500ms'"))
            with pytest.raises(sa.exc.OperationalError, match="statement timeout"):
                reader.execute(sa.text("SELECT * FROM account"))
            report.rollback()
        done = running.finish()
        assert (done.returncode == 0) == (kind == "wrong")
        assert ("lock timeout" in done.stdout + done.stderr) == (kind == "right")
        reader.rollback()
        reader.execute(sa.text("SELECT * FROM account"))


def test_new_column_without_default_is_refused(engine: sa.Engine) -> None:
    (rule,) = (rule for rule in RULES if rule.name == "not-null-without-default")
    prepare(engine, rule.example.before + "\nop.execute(\"INSERT INTO account VALUES (1, 'a')\")")
    assert "contains null values" in str(observe(engine, rule.example.wrong).error)
    assert observe(engine, rule.example.right).error is None


def test_set_not_null_with_a_valid_check_reads_no_row(engine: sa.Engine) -> None:
    """The server says at DEBUG1 which scan it leaves out."""
    (rule,) = (rule for rule in RULES if rule.name == "pg-set-not-null")
    prepare(engine, rule.example.before)
    notices: list[str] = []

    def listen(connection: Any, _: Any) -> None:
        connection.add_notice_handler(lambda notice: notices.append(notice.message_primary))
        connection.execute("SET client_min_messages = debug1")
        connection.commit()

    sa.event.listen(engine, "connect", listen)
    observe(engine, rule.example.right)
    assert any("sufficient to prove" in notice for notice in notices), notices
    del notices[:]
    prepare(engine, 'op.alter_column("account", "email", nullable=True)')
    observe(engine, rule.example.wrong)
    assert not any("sufficient to prove" in notice for notice in notices)


#: Old type, new type, and the expression after USING.
_TYPES = (
    ("varchar(20)", "varchar(40)"),
    ("varchar(40)", "varchar(20)"),
    ("varchar(20)", "varchar"),
    ("varchar(20)", "text"),
    ("varchar", "text"),
    ("text", "varchar"),
    ("text", "varchar(20)"),
    ("char(5)", "varchar(5)"),
    ("integer", "bigint"),
    ("bigint", "integer"),
    ("integer", "numeric"),
    ("numeric(8, 2)", "numeric(10, 2)"),
    ("numeric(8, 2)", "numeric(10, 4)"),
    ("numeric(10, 2)", "numeric(8, 2)"),
    ("numeric(8, 2)", "numeric"),
    ("numeric", "numeric(10, 2)"),
    ("numeric(8)", "numeric(10)"),
    ("timestamp(3)", "timestamp(6)"),
    ("timestamp(6)", "timestamp(3)"),
    ("timestamp(3)", "timestamp"),
    ("timestamp", "date"),
    ("date", "timestamp"),
    ("real", "double precision"),
    ("cidr", "inet"),
    ("varbit(4)", "varbit(8)"),
    ("boolean", "boolean"),
    ("json", "jsonb"),
    ("smallint", "integer"),
    ("time(3)", "time(6)"),
)


@pytest.mark.parametrize(("before", "after"), _TYPES)
def test_type_change_rewrites_where_the_rule_says_so(
    before: str, after: str, engine: sa.Engine
) -> None:
    from limbeck.lint.types import keeps_rows

    prepare(engine, f'op.execute("CREATE TABLE account (a {before})")')
    seen = observe(
        engine, f'op.execute("ALTER TABLE account ALTER a TYPE {after} USING a::{after}")'
    )
    assert seen.error is None
    assert keeps_rows(before, after, f"a::{after}", "a") == (seen.rewritten == set())


@pytest.mark.parametrize(
    "expression",
    [
        "1",
        "'text'",
        "now()",
        "CURRENT_TIMESTAMP",
        "'random()'",
        "random()",
        "clock_timestamp()",
        "gen_random_uuid()::text",
        "coalesce(NULL, 'x')",
        "to_char(now(), 'YYYY')",
        "timeofday()",
        "date_trunc('day', now())",
        "txid_current()",
        "md5(random()::text)",
        "lower('X')",
    ],
)
def test_default_rewrites_where_the_rule_says_so(expression: str, engine: sa.Engine) -> None:
    from limbeck.lint.types import is_volatile

    prepare(engine, 'op.execute("CREATE TABLE account (a integer)")')
    statement = f"ALTER TABLE account ADD b text DEFAULT ({expression})::text"
    seen = observe(engine, f"op.execute({statement!r})")
    assert seen.error is None
    assert (is_volatile(expression) is not None) == (seen.rewritten == {"account"})
