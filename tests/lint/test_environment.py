"""What lint takes from env.py, which is run without a database."""

from pathlib import Path

import pytest
from limbeck.config import Config
from limbeck.lint import Report
from limbeck.lint.rule import all_rules
from limbeck.util.exc import CommandError
from support import projects

from .linting import URLS, add_revision, check, check_body, names, write

_TABLE = 'op.create_table("account", sa.Column("id", sa.Integer))'
_OFFLINE = """
from alembic import context
if context.is_offline_mode():
    context.configure(url="postgresql://host/shop", literal_binds=True, dialect_opts={"paramstyle": "named"})
    with context.begin_transaction():
        context.run_migrations()
else:
    raise RuntimeError("no database here")
"""
_TWO_DATABASES = """
from alembic import context
for name in ("postgresql", "sqlite"):
    context.configure(dialect_name=name, connection=None)
    context.run_migrations(engine_name=name)
"""
_QUESTION = """
import sqlalchemy as sa
from alembic import context
with sa.create_engine("sqlite:///never.db").connect() as connection:
    connection.execute(sa.text("SELECT 1")).scalar()
    context.configure(connection=connection)
    context.run_migrations()
"""
_NAMES = """
import sqlalchemy as sa
from alembic import context
metadata = sa.MetaData(naming_convention={"uq": "uq_%(table_name)s_own"})
with sa.create_engine("postgresql+psycopg://host/shop").connect() as connection:
    connection.execute(sa.text("SET search_path TO shop"))
    context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
"""


def check_with(folder: Path, env: str, body: str, **options: str) -> Report:
    """Check a revision of a project with an env.py."""
    projects.make(folder, URLS["postgresql"], env=env)
    add_revision(folder, "r0001", None, _TABLE)
    add_revision(folder, "r0002", "r0001", body)
    return check(Config(str(folder / "alembic.ini")), "r0002", **options)


@pytest.mark.parametrize(
    "env", [projects.GENERIC, _OFFLINE, _NAMES], ids=["generic", "offline", "names"]
)
def test_env_py_needs_no_database(tmp_path: Path, env: str) -> None:
    report = check_with(tmp_path / "p", env, 'op.create_index("ix", "account", ["id"])')
    assert names(report) == ["pg-index-without-concurrently"]


@pytest.mark.parametrize("driver", ["asyncpg", "aiosqlite"])
def test_asynchronous_env_py_needs_no_database(tmp_path: Path, driver: str) -> None:
    url = (
        f"sqlite+{driver}:///shop.db"
        if driver == "aiosqlite"
        else f"postgresql+{driver}://host/shop"
    )
    projects.make(tmp_path / "p", url, env=projects.ASYNC)
    add_revision(tmp_path / "p", "r0001", None, _TABLE)
    report = check(Config(str(tmp_path / "p" / "alembic.ini")))
    assert (names(report), report.statements) == ([], 1)


def test_options_of_env_py_are_used(tmp_path: Path) -> None:
    report = check_with(
        tmp_path / "p", _NAMES, 'op.create_unique_constraint(None, "account", ["id"])'
    )
    (finding,) = report.findings
    assert "uq_account_own" in finding.statement


def test_each_database_is_checked(tmp_path: Path) -> None:
    body = """
        def upgrade(engine_name):
            op.create_index(f"ix_{engine_name}", "account", ["id"])

        def downgrade(engine_name):
            op.execute("SELECT 1")
    """
    folder = tmp_path / "p"
    projects.make(folder, "sqlite://", env=_TWO_DATABASES)
    add_revision(folder, "r0001", None, body.replace("\n        ", "\n"))
    report = check(Config(str(folder / "alembic.ini")))
    (finding,) = report.findings
    assert "ix_postgresql" in finding.message
    assert report.statements == 2


def test_env_py_that_asks_the_database_is_reported(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="it reads the result of a statement") as caught:
        check_with(tmp_path / "p", _QUESTION, "pass")
    assert "--dialect" in str(caught.value)
    assert not (tmp_path / "never.db").exists()
    assert names(check_with(tmp_path / "q", _QUESTION, "pass", dialect="sqlite")) == []


@pytest.mark.parametrize("env", [projects.GENERIC, "raise RuntimeError"], ids=["used", "unused"])
def test_bodies_can_use_the_context(tmp_path: Path, env: str) -> None:
    body = (
        "from alembic import context\n"
        "assert not context.is_offline_mode()\n"
        "assert context.get_context().dialect.name == 'postgresql'\n"
        "assert context.config.get_main_option('script_location')\n"
    )
    report = check_with(tmp_path / "p", env, body, dialect="postgresql")
    assert names(report) == []


@pytest.mark.parametrize(
    ("version", "found"),
    [("11", ["pg-set-not-null"]), ("12", []), ("16.2 (Debian)", []), (None, [])],
)
def test_version_of_the_server(tmp_path: Path, version: str | None, found: list[str]) -> None:
    checked = (
        'op.create_check_constraint("ck", "account", "id IS NOT NULL", postgresql_not_valid=True)\n'
        "with op.get_context().autocommit_block():\n"
        '    op.execute("ALTER TABLE account VALIDATE CONSTRAINT ck")\n'
    )
    config = write(
        tmp_path / "p",
        URLS["postgresql"],
        _TABLE,
        checked,
        'op.alter_column("account", "id", nullable=False)',
    )
    assert names(check(config, "r0003", server_version=version)) == found


_DOWNGRADE = """
def upgrade():
    op.drop_index("ix", "account")

def downgrade():
    op.create_index("ix", "account", ["id"])
"""


def test_downgrades_are_checked_on_request(tmp_path: Path) -> None:
    config = write(tmp_path / "p", URLS["postgresql"], _TABLE, _DOWNGRADE)
    assert names(check(config, "r0002")) == ["pg-drop-index-without-concurrently"]
    report = check(config, "r0002", downgrade=True)
    assert [(f.rule, f.line) for f in report.findings] == [
        ("pg-drop-index-without-concurrently", 11),
        ("pg-index-without-concurrently", 14),
    ]


def test_revision_without_a_downgrade_is_checked_once(tmp_path: Path) -> None:
    config = write(tmp_path / "p", URLS["postgresql"], "def upgrade():\n    op.execute('SELECT 1')")
    assert names(check(config, downgrade=True)) == ["missing-downgrade"]


@pytest.mark.parametrize(
    "rule", ["mysql-copies-table", "mysql-character-set", "mysql-enum-reordered"]
)
@pytest.mark.parametrize(
    ("version", "severity", "lock"),
    [
        (None, "error", "SHARED"),
        ("8.4", "error", "SHARED"),
        ("10.11-MariaDB", "error", "SHARED"),
        ("11.2.1-MariaDB", "warning", ""),
    ],
)
def test_mariadb_copies_beside_writes_from_11_2_on(
    rule: str, version: str | None, severity: str, lock: str, tmp_path: Path
) -> None:
    example = all_rules()[rule].example
    report = check_body(
        tmp_path / "p", example.wrong, example.before, "mysql", server_version=version
    )
    (finding,) = report.findings
    assert (finding.rule, finding.severity, finding.effect.lock) == (rule, severity, lock)
    assert finding.effect.rewrites
    assert ("while writes wait" in finding.message) == (lock != "")
