"""A new stored generated column."""

from collections.abc import Iterator

from limbeck.lint.finding import Effect
from limbeck.lint.rule import POSTGRESQL, Example, Problem, rule
from limbeck.lint.step import Step


@rule(
    "pg-stored-generated-column",
    "error",
    dialects=POSTGRESQL,
    effect=Effect("ACCESS EXCLUSIVE", "reads and writes", rewrites=True),
    example=Example(
        before="""op.create_table("account", sa.Column("id", sa.Integer, primary_key=True), sa.Column("email", sa.String(50)))""",
        wrong="""op.add_column("account", sa.Column("lower_email", sa.String, sa.Computed("lower(email)", persisted=True)))""",
        right="""
        with op.get_context().autocommit_block():
            op.create_index("ix_lower_email", "account", [sa.text("lower(email)")], postgresql_concurrently=True)
        """,
    ),
    hint="index the expression instead, or add a plain column that the application or a trigger fills",
)
def check(step: Step) -> Iterator[Problem]:
    """A stored generated column is added to an existing table, which is rewritten under a lock for reads and writes.

    For lookups, an index of the expression is enough. Otherwise add a plain column, fill it from the application or by a trigger, and copy the
    old rows in batches. Virtual generated columns (PostgreSQL 18) store nothing.
    """
    for at in step.find("add_column"):
        if at.has("generated_stored"):
            yield Problem(f"rewrites {at.change.table} to store {at.change.name} for each row", at)
