"""The tables that limbeck makes beside the version table, in its schema; autogenerate ignores them."""

JOURNAL = "limbeck_journal"
JOURNAL_STATEMENT = "limbeck_journal_statement"

OWN_TABLES = frozenset({JOURNAL, JOURNAL_STATEMENT})
