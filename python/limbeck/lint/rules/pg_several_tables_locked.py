"""Several tables that are locked in one transaction."""

from collections.abc import Iterator

from limbeck.lint.finding import Effect
from limbeck.lint.rule import POSTGRESQL, Example, Problem, rule
from limbeck.lint.step import LOCKING, Step


@rule(
    "pg-several-tables-locked",
    "warning",
    dialects=POSTGRESQL,
    effect=Effect("ACCESS EXCLUSIVE", "reads and writes"),
    example=Example(
        before="""
        op.create_table("account", sa.Column("id", sa.Integer))
        op.create_table("shop", sa.Column("id", sa.Integer))
        """,
        wrong="""
        op.add_column("account", sa.Column("name", sa.String))
        op.add_column("shop", sa.Column("name", sa.String))
        """,
        right="""op.add_column("account", sa.Column("name", sa.String))""",
    ),
    hint="change each table in a revision of its own, with transaction_per_migration=True in env.py",
)
def check(step: Step) -> Iterator[Problem]:
    """Several existing tables are locked in one transaction.

    The first table stays locked while the transaction waits for the second, so one long query of the second blocks both. A session that uses
    them in the other order ends in a deadlock.
    """
    held: dict[int, list[str]] = {}
    reported: set[int] = set()
    for at in step.find(*LOCKING):
        table, transaction = at.change.table, at.statement.transaction
        if transaction is None or table is None:
            continue
        tables = held.setdefault(transaction, [])
        if tables and table not in tables and transaction not in reported:
            reported.add(transaction)
            yield Problem(f"locks {table} while {tables[0]} is locked by the same transaction", at)
        if at.change.kind != "drop_table":  # nobody waits for a table that is gone afterwards
            tables.append(table)
        if at.change.kind == "rename_table" and at.change.new_name is not None:
            tables.append(at.change.new_name)
