"""An UPDATE of every row."""

from collections.abc import Iterator

from limbeck.lint.rule import Example, Problem, rule
from limbeck.lint.step import Step


@rule(
    "update-without-where",
    "warning",
    example=Example(
        before="""op.create_table("account", sa.Column("id", sa.Integer, primary_key=True), sa.Column("email", sa.String(50)))""",
        wrong="""op.execute("UPDATE account SET email = lower(email)")""",
        right="""op.execute("UPDATE account SET email = lower(email) WHERE id = 1")""",
    ),
    hint="use limbeck.backfill(), which updates in batches and commits each, or add a WHERE",
)
def check(step: Step) -> Iterator[Problem]:
    """An UPDATE without WHERE changes every row of an existing table in one statement.

    Each row stays locked until the transaction ends, so sessions that write to the table wait for the whole migration. PostgreSQL writes a
    new version of every row, and MySQL keeps the undo log of all of them.

    [`limbeck.backfill()`](backfills.md) does it in batches that are committed one by one. If the table is small, say so in a comment:
    `# limbeck: ignore[update-without-where] 40 rows`.
    """
    for at in step.find("update"):
        if not at.has("where", "joined", "limit"):
            yield Problem(f"updates every row of {at.change.table} in one statement", at)
