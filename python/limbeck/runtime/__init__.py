"""What a run of migrations needs: the environment, the migration context, plugins."""

from limbeck.util import logs as _logs

# The modules here log: the logger they share is to be as `logs` makes it.
_logs.logger("alembic")
