"""A table that is renamed."""

from collections.abc import Iterator

from limbeck.lint.rule import Example, Problem, rule
from limbeck.lint.step import Step


@rule(
    "rename-table",
    "warning",
    example=Example(
        before="""op.create_table("account", sa.Column("id", sa.Integer, primary_key=True), sa.Column("email", sa.String(50)))""",
        wrong="""op.rename_table("account", "customer")""",
        right="""
        op.rename_table("account", "customer")  # limbeck: ignore[rename-table] the view keeps the old name
        op.execute("CREATE VIEW account AS SELECT * FROM customer")
        """,
    ),
    hint="keep the name in the database and rename the class only, or leave a view with the old name",
    in_downgrades=False,
)
def check(step: Step) -> Iterator[Problem]:
    """A table is renamed while the running build uses the old name.

    From the commit on, every query of the previous build fails; before it, every query of the next one does. No order of deployment avoids
    both.

    - Rename the class and keep the table: `__tablename__ = "old_name"`.
    - Or leave a view with the old name, in the same transaction. PostgreSQL's simple views can be written to.
    """
    for at in step.find("rename_table"):
        yield Problem(f"renames the table {at.change.table} to {at.change.new_name}", at)
