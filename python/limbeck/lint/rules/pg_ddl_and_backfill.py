"""Schema changes and a backfill in one transaction."""

from collections.abc import Iterator

from limbeck.lint.finding import Effect
from limbeck.lint.rule import POSTGRESQL, Example, Problem, rule
from limbeck.lint.step import LOCKING, Step


@rule(
    "pg-ddl-and-backfill",
    "warning",
    dialects=POSTGRESQL,
    effect=Effect("ACCESS EXCLUSIVE", "reads and writes"),
    example=Example(
        before="""op.create_table("account", sa.Column("id", sa.Integer, primary_key=True), sa.Column("email", sa.String(50)))""",
        wrong="""
        op.add_column("account", sa.Column("domain", sa.String))
        op.execute("UPDATE account SET domain = split_part(email, '@', 2) WHERE email IS NOT NULL")
        """,
        right="""
        op.add_column("account", sa.Column("domain", sa.String))
        with op.get_context().autocommit_block():
            op.execute("UPDATE account SET domain = split_part(email, '@', 2) WHERE email IS NOT NULL")
        """,
    ),
    hint="commit the schema change first: move the backfill to a revision of its own, or use limbeck.backfill()",
)
def check(step: Step) -> Iterator[Problem]:
    """Rows are changed in the transaction that holds the lock of a schema change.

    The lock of `ALTER TABLE` lasts until the commit. On its own it takes milliseconds; followed by an UPDATE of many rows, every reader of
    the table waits for all of them.

    Put the backfill into a revision of its own and set `transaction_per_migration=True` in env.py, or use
    [`limbeck.backfill()`](backfills.md), which commits batch by batch.
    """
    locked: dict[int, str] = {}
    for at in step.occurrences:
        transaction = at.statement.transaction
        if transaction is None or at.is_new or at.is_rebuild:
            continue
        if at.change.kind == "drop_table":
            continue  # nobody waits for a table that is gone afterwards
        if at.change.kind in LOCKING and at.change.table is not None:
            locked.setdefault(transaction, at.change.table)
        elif transaction in locked and (at.change.kind in ("update", "delete") or at.has("select")):
            table = locked[transaction]
            yield Problem(
                f"changes rows of {at.change.table} while {table} stays locked by a schema change",
                at,
            )
