"""CONCURRENTLY inside a transaction."""

from collections.abc import Iterator

from limbeck.lint.rule import POSTGRESQL, Example, Problem, rule
from limbeck.lint.step import Step


@rule(
    "pg-concurrently-in-transaction",
    "error",
    dialects=POSTGRESQL,
    example=Example(
        before="""op.create_table("account", sa.Column("id", sa.Integer, primary_key=True), sa.Column("email", sa.String(50)))""",
        wrong="""op.create_index("ix_email", "account", ["email"], postgresql_concurrently=True)""",
        right="""
        with op.get_context().autocommit_block():
            op.create_index("ix_email", "account", ["email"], postgresql_concurrently=True)
        """,
    ),
    hint="put the statement inside `with op.get_context().autocommit_block():`",
)
def check(step: Step) -> Iterator[Problem]:
    """CONCURRENTLY inside a transaction fails.

    PostgreSQL refuses `CREATE INDEX CONCURRENTLY`, `DROP INDEX CONCURRENTLY` and `REINDEX CONCURRENTLY` in a transaction, and a revision is
    in one unless `autocommit_block()` leaves it.
    """
    for at in step.find("create_index", "drop_index", "reindex", new=True):
        if at.has("concurrently") and at.statement.transaction is not None:
            yield Problem("PostgreSQL refuses CONCURRENTLY inside a transaction", at)
