"""Migrations of a club's member database. MEMBERS_DATABASE_URL, if set, overrides the URL in alembic.ini."""

import os
from logging.config import fileConfig

from alembic import context
from sqlalchemy import MetaData, create_engine

fileConfig(context.config.config_file_name)
url = os.environ.get("MEMBERS_DATABASE_URL") or context.config.get_main_option("sqlalchemy.url")
target_metadata = MetaData()

if context.is_offline_mode():
    context.configure(url=url, target_metadata=target_metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine(url).connect() as connection:
        context.configure(connection=connection, target_metadata=target_metadata)
        with context.begin_transaction():
            context.run_migrations()
