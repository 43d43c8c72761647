"""Data migrations in batches: `limbeck.backfill()`.

| module | content |
| --- | --- |
| `backfill` | the function, and the loop over the batches |
| `ranges` | the key, and the ranges of its values |
| `changes` | the statement, limited to a range |
| `refusals` | the transactions in which a backfill is refused |
"""
