"""Connects Alembic to your database. It is run by each command that needs the database, and it is yours to change."""

from logging.config import fileConfig

from alembic import context
from sqlalchemy import engine_from_config, pool

# Everything from alembic.ini (or from whatever Config the caller built) is here.
config = context.config

# Set up logging as the [loggers], [handlers] and [formatters] sections say.
if config.config_file_name is not None:
    fileConfig(config.file_config, disable_existing_loggers=False)

# What `alembic revision --autogenerate` compares with the database: the MetaData of your models, as in
#     from yourapp.models import Base
#     target_metadata = Base.metadata
target_metadata = None


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


def run_migrations_online() -> None:
    """Run migrations over a connection to the database that `sqlalchemy.url` names."""
    settings = config.get_section(config.config_ini_section, {})
    engine = engine_from_config(settings, prefix="sqlalchemy.", poolclass=pool.NullPool)

    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=target_metadata)
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
