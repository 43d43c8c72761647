"""Migration runs: the environment, the migration context, the loop over the steps, plugins."""

from limbeck.util import logs as _logs

# Configures the logger that the modules of this package share.
_logs.logger("alembic")
