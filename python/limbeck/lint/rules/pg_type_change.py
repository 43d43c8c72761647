"""A type change that rewrites the table."""

from collections.abc import Iterator

from limbeck.lint.finding import Effect
from limbeck.lint.rule import POSTGRESQL, Example, Problem, rule
from limbeck.lint.step import Step
from limbeck.lint.types import keeps_rows

RULE_HINT = "if the table would be rewritten, add a second column and copy the values in batches"


@rule(
    "pg-type-change",
    "error",
    dialects=POSTGRESQL,
    effect=Effect("ACCESS EXCLUSIVE", "reads and writes", rewrites=True),
    example=Example(
        before="""op.create_table("account", sa.Column("id", sa.Integer, primary_key=True), sa.Column("email", sa.String(50)))""",
        wrong="""op.alter_column("account", "id", type_=sa.BigInteger, existing_type=sa.Integer)""",
        right="""op.alter_column("account", "email", type_=sa.String(80), existing_type=sa.String(50))""",
    ),
    hint="add a column of the new type, write both, copy the values in batches, and swap the columns",
)
def check(step: Step) -> Iterator[Problem]:
    """A type is changed so that PostgreSQL rewrites the table and its indexes under a lock for reads and writes.

    Nothing is rewritten where every value stays as it is: a longer `varchar(n)`, `varchar` to `text`, a `numeric` with a higher precision and
    the same scale. For others, add a second column, keep both in step from the application or by a trigger, copy the old values with
    [`limbeck.backfill()`](backfills.md), and exchange the columns in a later revision.

    If no revision that limbeck can read made the column, its type is unknown; `existing_type=` names it.
    """
    for at in step.find("alter_type"):
        change = at.change
        before = step.type_before(at)
        after = change.data_type or ""
        if before is None:
            yield Problem(
                f"changes {change.name} of {change.table} to {after} from a type that is not known here; "
                "unless each value stays as it is, the table is rewritten",
                at,
                severity="warning",
                effect=Effect("ACCESS EXCLUSIVE", "reads and writes"),
                hint="name the type as existing_type=; " + RULE_HINT,
            )
        elif not keeps_rows(before, after, change.expression, change.name or ""):
            yield Problem(
                f"rewrites {change.table} to change {change.name} from {before} to {after}", at
            )
