"""A column that is dropped."""

from collections.abc import Iterator

from limbeck.lint.rule import Example, Problem, rule
from limbeck.lint.step import REBUILT, Step


@rule(
    "drop-column",
    "warning",
    example=Example(
        before="""op.create_table("account", sa.Column("id", sa.Integer, primary_key=True), sa.Column("email", sa.String(50)))""",
        wrong="""op.drop_column("account", "email")""",
        right="""op.drop_column("account", "email")  # limbeck: ignore[drop-column] no build since 4.2 reads it""",
    ),
    hint="first release a build whose models no longer have the column; drop it in a later revision",
    in_downgrades=False,
)
def check(step: Step) -> Iterator[Problem]:
    """A column is dropped that the running build may still read.

    SQLAlchemy names every mapped column in each SELECT and INSERT, so the previous build fails on its next query of the table, not only
    where the column is used. A rollback of the build does not bring the values back.

    1. Release a build whose models no longer have the column; in the meantime `deferred()` is not enough, because INSERT still names it.
    2. If the column is NOT NULL and has no server default, make it nullable before step 1, or INSERTs of the new build fail.
    3. In a later revision, drop the column.
    """
    for at in step.find("drop_column"):
        names = ", ".join([at.change.name or "", *at.change.columns])
        yield Problem(f"drops {names} of {at.change.table}, with its values", at)
    for at, lost in step.lost_columns():
        table = (at.change.table or "").removeprefix(REBUILT)
        yield Problem(f"rebuilds {table} without {', '.join(lost)}, with its values", at)
