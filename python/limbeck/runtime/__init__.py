"""What a run of migrations needs: the environment, the migration context, plugins."""

from limbeck.util.logs import logger

# The modules here log: the logger they share is to be as `logger` makes it.
logger("alembic")
