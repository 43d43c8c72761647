"""A new column whose default differs from row to row."""

from collections.abc import Iterator

from limbeck.lint.finding import Effect
from limbeck.lint.rule import POSTGRESQL, Example, Problem, rule
from limbeck.lint.step import Step
from limbeck.lint.types import is_volatile


@rule(
    "pg-volatile-default",
    "error",
    dialects=POSTGRESQL,
    effect=Effect("ACCESS EXCLUSIVE", "reads and writes", rewrites=True),
    example=Example(
        before="""op.create_table("account", sa.Column("id", sa.Integer, primary_key=True), sa.Column("email", sa.String(50)))""",
        wrong="""op.add_column("account", sa.Column("token", sa.Uuid, server_default=sa.text("gen_random_uuid()")))""",
        right="""
        op.add_column("account", sa.Column("token", sa.Uuid))
        op.alter_column("account", "token", server_default=sa.text("gen_random_uuid()"))
        """,
    ),
    hint="add the column without the default, set the default with op.alter_column(), and fill old rows in batches",
)
def check(step: Step) -> Iterator[Problem]:
    """A column is added whose default differs from row to row, so PostgreSQL rewrites the table under a lock for reads and writes.

    A constant, and `now()`, are stored once for all existing rows. `gen_random_uuid()`, `random()`, `clock_timestamp()`, a sequence, SERIAL
    and IDENTITY are evaluated for each. A function that limbeck does not know counts as one of these, because PostgreSQL assumes so too
    unless the function is declared otherwise.
    """
    for at in step.find("add_column"):
        change = at.change
        reason = None
        if "serial" in (change.data_type or "") or at.has("identity"):
            reason = "a sequence"
        elif change.expression is not None:
            reason = is_volatile(change.expression)
        if reason is not None:
            yield Problem(
                f"rewrites {change.table} to give each row its {change.name}: the default is {reason}",
                at,
            )
