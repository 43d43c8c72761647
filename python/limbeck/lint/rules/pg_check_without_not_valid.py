"""A CHECK that is checked while everybody waits."""

from collections.abc import Iterator

from limbeck.lint.finding import Effect
from limbeck.lint.rule import POSTGRESQL, Example, Problem, rule
from limbeck.lint.step import Step


@rule(
    "pg-check-without-not-valid",
    "error",
    dialects=POSTGRESQL,
    effect=Effect("ACCESS EXCLUSIVE", "reads and writes", scans=True),
    example=Example(
        before="""op.create_table("account", sa.Column("id", sa.Integer, primary_key=True), sa.Column("email", sa.String(50)))""",
        wrong="""op.create_check_constraint("ck_email", "account", "email <> ''")""",
        right="""
        op.create_check_constraint("ck_email", "account", "email <> ''", postgresql_not_valid=True)
        with op.get_context().autocommit_block():
            op.execute("ALTER TABLE account VALIDATE CONSTRAINT ck_email")
        """,
    ),
    hint="op.create_check_constraint(..., postgresql_not_valid=True), then `ALTER TABLE ... VALIDATE CONSTRAINT` in a transaction of its own",
)
def check(step: Step) -> Iterator[Problem]:
    """A CHECK without NOT VALID reads every row while the table is locked for reads and writes.

    With NOT VALID the constraint holds for new rows at once, and nothing is read. `VALIDATE CONSTRAINT` checks the old rows later, and lets
    reads and writes through; in another transaction, because the lock of the first statement lasts until its commit.
    """
    for at in step.find("add_constraint"):
        if at.change.constraint == "check" and not at.has("not_valid"):
            yield Problem(f"checks every row of {at.change.table} while reads and writes wait", at)
