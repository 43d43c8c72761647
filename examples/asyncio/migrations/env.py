"""Connects Alembic to your database through an async driver. It is run by each command that needs the database,
and it is yours to change.
"""

import asyncio
from logging.config import fileConfig

from alembic import context
from models import Base
from sqlalchemy import pool
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import async_engine_from_config

# Everything from alembic.ini (or from whatever Config the caller built) is here.
config = context.config

# Set up logging as the [loggers], [handlers] and [formatters] sections say, unless an application has done so already.
if config.config_file_name is not None and config.attributes.get("configure_logger", True):
    fileConfig(config.file_config, disable_existing_loggers=False)

# What `alembic revision --autogenerate` compares with the database.
target_metadata = Base.metadata


def run_migrations_offline() -> None:
    """Write SQL to standard output (`--sql`): all that is needed is a URL, to know the dialect."""
    context.configure(
        url=config.get_main_option("sqlalchemy.url"),
        target_metadata=target_metadata,
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
    )
    with context.begin_transaction():
        context.run_migrations()


def do_run_migrations(connection: Connection) -> None:
    """Run migrations; they see an ordinary, synchronous connection."""
    context.configure(connection=connection, target_metadata=target_metadata)
    with context.begin_transaction():
        context.run_migrations()


async def run_async_migrations() -> None:
    """Open a connection to the database that `sqlalchemy.url` names, and hand it over."""
    settings = config.get_section(config.config_ini_section, {})
    engine = async_engine_from_config(settings, prefix="sqlalchemy.", poolclass=pool.NullPool)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(do_run_migrations)
    finally:
        await engine.dispose()


def run_migrations_online() -> None:
    """Run migrations in an event loop of their own."""
    asyncio.run(run_async_migrations())


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
