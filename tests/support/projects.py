"""Small projects: a usual env.py, and revisions with short bodies."""

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

GENERIC = """
from logging.config import fileConfig
from sqlalchemy import engine_from_config, pool
from alembic import context

config = context.config
if config.config_file_name is not None:
    fileConfig(config.config_file_name)

def run():
    connectable = engine_from_config(
        config.get_section(config.config_ini_section, {}),
        prefix="sqlalchemy.",
        poolclass=pool.NullPool,
    )
    with connectable.connect() as connection:
        context.configure(connection=connection, target_metadata=None)
        with context.begin_transaction():
            context.run_migrations()

run()
"""
#: With `asyncio.run`, as in the template `async`.
ASYNC = """
import asyncio
from sqlalchemy import pool
from sqlalchemy.ext.asyncio import async_engine_from_config
from alembic import context

config = context.config

def do_run_migrations(connection):
    context.configure(connection=connection, target_metadata=None)
    with context.begin_transaction():
        context.run_migrations()

async def run_async_migrations():
    connectable = async_engine_from_config(
        config.get_section(config.config_ini_section, {}), poolclass=pool.NullPool
    )
    async with connectable.connect() as connection:
        await connection.run_sync(do_run_migrations)
    await connectable.dispose()

asyncio.run(run_async_migrations())
"""
INI = """\
[alembic]
script_location = %(here)s/migrations
path_separator = os
sqlalchemy.url = {url}
{more}
[loggers]
keys = root
[handlers]
keys = console
[formatters]
keys = generic
[logger_root]
level = WARNING
handlers = console
[handler_console]
class = StreamHandler
args = (sys.stderr,)
formatter = generic
[formatter_generic]
format = %(levelname)s [%(name)s] %(message)s
"""


def revision(folder: Path, name: str, down: str | Sequence[str] | None, body: str = "pass") -> None:
    """Write a revision file with the body of `upgrade()`."""
    versions = folder / "migrations" / "versions"
    text = f'''"""rev {name}"""
import time
import sqlalchemy as sa
from alembic import op
revision = {name!r}
down_revision = {down!r}
branch_labels = None
depends_on = None

def upgrade():
{textwrap.indent(body, "    ")}

def downgrade():
    pass
'''
    (versions / f"{name}.py").write_text(text)


def make(folder: Path, url: str, *, env: str = GENERIC, more: str = "", settings: str = "") -> Path:
    """Write a project without revisions.

    :param more: lines of `[alembic]`
    :param settings: further sections
    :return: the folder
    """
    (folder / "migrations" / "versions").mkdir(parents=True)
    (folder / "migrations" / "env.py").write_text(env)
    # No script.py.mako: no test creates a revision.
    (folder / "alembic.ini").write_text(
        INI.format(url=url.replace("%", "%%"), more=more) + settings
    )
    return folder


def url_section(url: str) -> str:
    """Return the section `[limbeck]` with the database's URL, so that `status` and `wait` do not run env.py."""
    return f"[limbeck]\ndatabase_url = {url.replace('%', '%%')}\n"


def chain(folder: Path, count: int, bodies: Mapping[int, str] | None = None) -> list[str]:
    """Write `count` revisions r0001, r0002, … in a line, and return their names."""
    names = [f"r{number:04}" for number in range(1, count + 1)]
    for number, name in enumerate(names):
        down = names[number - 1] if number else None
        revision(folder, name, down, (bodies or {}).get(number, "pass"))
    return names


#: The statement that creates the table `log`.
LOG_TABLE = 'op.create_table("log", sa.Column("rev", sa.String(32)))'


def logging_bodies(count: int) -> dict[int, str]:
    """Return bodies for `chain` with which each revision inserts a row into the table `log`."""
    rows = {at: f"op.execute(\"INSERT INTO log VALUES ('r{at + 1:04}')\")" for at in range(count)}
    return {**rows, 0: f"{LOG_TABLE}\n{rows[0]}"}


#: Each driver, after its kind of database.
DRIVERS = (
    *(("postgresql", driver) for driver in ("psycopg", "psycopg2", "asyncpg")),
    *(("mariadb", driver) for driver in ("pymysql", "aiomysql")),
    *(("sqlite", driver) for driver in ("pysqlite", "aiosqlite")),
)
#: Seconds that `LONG_STATEMENTS` take, at least.
LONG = 90
LONG_STATEMENTS = {
    "postgresql": f"SELECT pg_sleep({LONG})",
    "mariadb": f"SELECT SLEEP({LONG})",
    "sqlite": (
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 3000000000) "
        "SELECT max(x) FROM c"
    ),
}


def env_for(driver: str) -> str:
    """Return `ASYNC` for an asynchronous driver, `GENERIC` for others."""
    return ASYNC if driver in ("asyncpg", "aiomysql", "aiosqlite") else GENERIC


def with_driver(url: str, driver: str) -> str:
    """Return a SQLAlchemy URL with another driver."""
    scheme, _, rest = url.partition(":")
    return f"{scheme.partition('+')[0]}+{driver}:{rest}"
