"""An index that is built while writers wait."""

from collections.abc import Iterator

from limbeck.lint.finding import Effect
from limbeck.lint.rule import POSTGRESQL, Example, Problem, rule
from limbeck.lint.step import Step


@rule(
    "pg-index-without-concurrently",
    "error",
    dialects=POSTGRESQL,
    effect=Effect("SHARE", "writes", scans=True),
    example=Example(
        before="""op.create_table("account", sa.Column("id", sa.Integer, primary_key=True), sa.Column("email", sa.String(50)))""",
        wrong="""op.create_index("ix_email", "account", ["email"])""",
        right="""
        with op.get_context().autocommit_block():
            op.create_index("ix_email", "account", ["email"], postgresql_concurrently=True)
        """,
    ),
    hint="op.create_index(..., postgresql_concurrently=True) inside `with op.get_context().autocommit_block():`",
)
def check(step: Step) -> Iterator[Problem]:
    """`CREATE INDEX` without CONCURRENTLY locks an existing table for writes until the transaction ends.

    INSERT, UPDATE and DELETE wait while the index is built, which takes minutes for a large table, and then until the end of the revision.
    CONCURRENTLY builds it beside them. It needs a connection without a transaction, hence `autocommit_block()`, which commits what the
    revision did before: put the index into a revision of its own.
    """
    for at in step.find("create_index"):
        if not at.has("concurrently"):
            yield Problem(
                f"builds {at.change.name or 'an index'} on {at.change.table} while writes wait", at
            )
