"""Connects Alembic to several databases, one after the other. It is run by each command that needs a database, and
it is yours to change.
"""

import logging
import re
from contextlib import ExitStack
from logging.config import fileConfig

from alembic import context
from sqlalchemy import engine_from_config, pool

# Prepare the changes of all databases before any of them is committed. The databases must support it.
USE_TWOPHASE = False

# Everything from alembic.ini (or from whatever Config the caller built) is here.
config = context.config

# Set up logging as the [loggers], [handlers] and [formatters] sections say.
if config.config_file_name is not None:
    fileConfig(config.file_config, disable_existing_loggers=False)

log = logging.getLogger("alembic.env")

# Each name is a section of alembic.ini with the `sqlalchemy.url` of that database.
names = [name for name in re.split(r"[,\s]+", config.get_main_option("databases", "")) if name]

# What `alembic revision --autogenerate` compares with each database, as in
#     from yourapp import models
#     target_metadata = {"engine1": models.first, "engine2": models.second}
target_metadata = {}


def settings_of(name: str) -> dict[str, str]:
    """The section of alembic.ini that describes a database."""
    return dict(config.get_section(name, {}))


def run_migrations_offline() -> None:
    """Write SQL (`--sql`) into one file for each database, named after it."""
    for name in names:
        log.info("Migrating database %s", name)
        output = f"{name}.sql"
        log.info("Writing output to %s", output)
        with open(output, "w") as buffer:
            context.configure(
                url=settings_of(name).get("sqlalchemy.url"),
                output_buffer=buffer,
                target_metadata=target_metadata.get(name),
                literal_binds=True,
                dialect_opts={"paramstyle": "named"},
            )
            with context.begin_transaction():
                context.run_migrations(engine_name=name)


def run_migrations_online() -> None:
    """Run migrations on each database. All are committed at the end, or none if one of them fails."""
    with ExitStack() as connections:
        opened = {}
        for name in names:
            engine = engine_from_config(
                settings_of(name), prefix="sqlalchemy.", poolclass=pool.NullPool
            )
            connection = connections.enter_context(engine.connect())
            begin = connection.begin_twophase if USE_TWOPHASE else connection.begin
            opened[name] = (connection, begin())
        try:
            for name, (connection, _) in opened.items():
                log.info("Migrating database %s", name)
                context.configure(
                    connection=connection,
                    upgrade_token=f"{name}_upgrades",
                    downgrade_token=f"{name}_downgrades",
                    target_metadata=target_metadata.get(name),
                )
                context.run_migrations(engine_name=name)
            if USE_TWOPHASE:
                for _, transaction in opened.values():
                    transaction.prepare()
            for _, transaction in opened.values():
                transaction.commit()
        except BaseException:
            for _, transaction in opened.values():
                transaction.rollback()
            raise


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
