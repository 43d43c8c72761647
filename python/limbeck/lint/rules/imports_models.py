"""A revision that imports models of the application."""

from collections.abc import Iterator

from limbeck.lint.rule import Example, Problem, rule
from limbeck.lint.source import imported_models
from limbeck.lint.step import Step


@rule(
    "imports-models",
    "warning",
    example=Example(
        wrong="""
        from limbeck_example_models import Account

        def upgrade():
            op.execute(sa.insert(Account).values(id=1))

        def downgrade():
            op.execute("DELETE FROM account WHERE id = 1")
        """,
        right="""
        account = sa.table("account", sa.column("id"))

        def upgrade():
            op.execute(sa.insert(account).values(id=1))

        def downgrade():
            op.execute("DELETE FROM account WHERE id = 1")
        """,
    ),
    hint="describe the columns that the revision needs with sa.table() and sa.column()",
    in_downgrades=False,
)
def check(step: Step) -> Iterator[Problem]:
    """A revision imports models of the application.

    The file is run for years, on each new database, and the models are those of that day: once a column is added to the model, this older
    revision selects or inserts a column that does not exist yet. Once the class is moved, the file cannot be imported.

    Describe what the revision needs in the file itself: `sa.table("account", sa.column("id"), sa.column("email"))`.
    """
    for name, line in imported_models(step.source, step.module):
        yield Problem(
            f"imports the model {name}, which will have changed when the file is run later",
            line=line,
        )
