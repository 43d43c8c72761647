"""A column that is renamed."""

from collections.abc import Iterator

from limbeck.lint.rule import Example, Problem, rule
from limbeck.lint.step import Step


@rule(
    "rename-column",
    "warning",
    example=Example(
        before="""op.create_table("account", sa.Column("id", sa.Integer, primary_key=True), sa.Column("email", sa.String(50)))""",
        wrong="""op.alter_column("account", "email", new_column_name="mail", existing_type=sa.String(50))""",
        right="""op.add_column("account", sa.Column("mail", sa.String(50)))""",
    ),
    hint="rename the attribute only (`mail = mapped_column('email')`), or add a column and move the values over releases",
    in_downgrades=False,
)
def check(step: Step) -> Iterator[Problem]:
    """A column is renamed while the running build uses the old name.

    From the commit on, every query of the previous build fails; before it, every query of the next one does.

    - Rename the attribute and keep the column: `mail = mapped_column("email", String(50))`.
    - Or add the new column, write both from the application, copy the old values in batches, read the new one, and drop the old one: each
      in a release of its own.
    """
    for at in step.find("rename_column", "modify_column"):
        change = at.change
        if change.new_name is not None and change.new_name != change.name:
            yield Problem(f"renames {change.name} of {change.table} to {change.new_name}", at)
