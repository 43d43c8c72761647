"""The tables that limbeck makes beside the version table, in its schema, and in a scratch database; autogenerate ignores them."""

JOURNAL = "limbeck_journal"
JOURNAL_STATEMENT = "limbeck_journal_statement"
#: Marks the database that `scratch_url` names.
SCRATCH_MARKER = "limbeck_scratch"

OWN_TABLES = frozenset({JOURNAL, JOURNAL_STATEMENT, SCRATCH_MARKER})
