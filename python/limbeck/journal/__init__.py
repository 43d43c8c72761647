"""The journal: a table `limbeck_journal` beside the version table, with an entry for each step that ran.

| module | content |
| --- | --- |
| `tables` | the tables, and the statements that read and write them |
| `entries` | the entries, and the connection that writes each of them |
| `checksums` | files of applied revisions that have changed |
| `statements` | the finished statements of a revision, where DDL cannot be rolled back |
| `positions` | the position of a backfill among its batches |
| `report` | the text and the JSON of `alembic log` |
"""
