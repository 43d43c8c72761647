"""A table that is dropped."""

from collections.abc import Iterator

from limbeck.lint.rule import Example, Problem, rule
from limbeck.lint.step import Step


@rule(
    "drop-table",
    "warning",
    example=Example(
        before="""op.create_table("account", sa.Column("id", sa.Integer, primary_key=True), sa.Column("email", sa.String(50)))""",
        wrong="""op.drop_table("account")""",
        right="""op.rename_table("account", "account_unused")  # limbeck: ignore[rename-table] nothing reads it since 4.2""",
    ),
    hint="first release a build that no longer uses the table; drop it in a later revision",
    in_downgrades=False,
)
def check(step: Step) -> Iterator[Problem]:
    """A table is dropped that the running build may still read.

    Between the migration and the end of the deployment, sessions of the previous build fail, and a rollback of the build does not
    bring the rows back.

    1. Release a build that neither reads nor writes the table. Foreign keys, views and models count as uses.
    2. In a later revision, drop the table. To be able to go back without a backup, rename it first and drop it a release later.
    """
    made = {at.table_name for at in step.find("create_table", new=True)}
    for at in step.find("drop_table"):
        if at.has("if_exists") and at.table is None and at.table_name in made:
            continue  # the rest of a run that failed
        yield Problem(f"drops the table {at.change.table}, with its rows", at)
