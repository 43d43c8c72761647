"""A DELETE of every row."""

from collections.abc import Iterator

from limbeck.lint.rule import Example, Problem, rule
from limbeck.lint.step import Step


@rule(
    "delete-without-where",
    "warning",
    example=Example(
        before="""op.create_table("account", sa.Column("id", sa.Integer, primary_key=True), sa.Column("email", sa.String(50)))""",
        wrong="""op.execute("DELETE FROM account")""",
        right="""op.execute("DELETE FROM account WHERE email IS NULL")""",
    ),
    hint="add a WHERE; if every row has to go, say why in a `# limbeck: ignore[delete-without-where]` comment",
)
def check(step: Step) -> Iterator[Problem]:
    """A DELETE without WHERE, or a TRUNCATE, removes every row of an existing table.

    The rows are gone for the running build too, and `downgrade()` does not bring them back. A DELETE locks each row until the transaction
    ends; a TRUNCATE locks the table for reads and writes.
    """
    for at in step.find("delete", "truncate"):
        if not at.has("where", "joined", "limit"):
            yield Problem(f"removes every row of {at.change.table}", at)
