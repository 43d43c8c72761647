"""An index that is dropped while readers wait."""

from collections.abc import Iterator

from limbeck.lint.finding import Effect
from limbeck.lint.rule import POSTGRESQL, Example, Problem, rule
from limbeck.lint.step import Step


@rule(
    "pg-drop-index-without-concurrently",
    "warning",
    dialects=POSTGRESQL,
    effect=Effect("ACCESS EXCLUSIVE", "reads and writes"),
    example=Example(
        before="""
        op.create_table("account", sa.Column("id", sa.Integer, primary_key=True), sa.Column("email", sa.String(50)))
        op.create_index("ix_email", "account", ["email"])
        """,
        wrong="""op.drop_index("ix_email", "account")""",
        right="""
        with op.get_context().autocommit_block():
            op.drop_index("ix_email", "account", postgresql_concurrently=True)
        """,
    ),
    hint="op.drop_index(..., postgresql_concurrently=True) inside `with op.get_context().autocommit_block():`",
)
def check(step: Step) -> Iterator[Problem]:
    """`DROP INDEX` without CONCURRENTLY locks the table for reads and writes.

    The removal is quick, but it waits for every running query of the table, and queries that come later wait behind it; then the lock is
    held until the transaction ends.
    """
    for at in step.find("drop_index"):
        if not at.has("concurrently"):
            yield Problem(f"drops the index {at.change.name} under a lock of its whole table", at)
