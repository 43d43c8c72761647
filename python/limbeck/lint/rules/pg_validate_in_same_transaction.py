"""A constraint that is validated in the transaction that added it."""

from collections.abc import Iterator

from limbeck.lint.finding import Effect
from limbeck.lint.rule import POSTGRESQL, Example, Problem, rule
from limbeck.lint.step import Step


@rule(
    "pg-validate-in-same-transaction",
    "error",
    dialects=POSTGRESQL,
    effect=Effect("SHARE UPDATE EXCLUSIVE", "schema changes", scans=True),
    example=Example(
        before="""op.create_table("account", sa.Column("id", sa.Integer, primary_key=True), sa.Column("email", sa.String(50)))""",
        wrong="""
        op.create_check_constraint("ck_email", "account", "email <> ''", postgresql_not_valid=True)
        op.execute("ALTER TABLE account VALIDATE CONSTRAINT ck_email")
        """,
        right="""
        op.create_check_constraint("ck_email", "account", "email <> ''", postgresql_not_valid=True)
        with op.get_context().autocommit_block():
            op.execute("ALTER TABLE account VALIDATE CONSTRAINT ck_email")
        """,
    ),
    hint="put the VALIDATE inside `with op.get_context().autocommit_block():`, which commits the first lock",
)
def check(step: Step) -> Iterator[Problem]:
    """A constraint is added NOT VALID and validated in one transaction, so the lock of the first statement covers the second.

    `VALIDATE CONSTRAINT` itself lets reads and writes through, but the stronger lock of `ADD CONSTRAINT` is held until the commit.
    """
    added: dict[tuple[str | None, str | None], int | None] = {}
    for at in step.find("add_constraint", "validate_constraint"):
        key = (at.change.table, at.change.name)
        transaction = at.statement.transaction
        if at.change.kind == "add_constraint":
            added[key] = transaction
        elif transaction is not None and added.get(key) == transaction:
            yield Problem(
                f"validates {at.change.name} under the lock with which this transaction added it",
                at,
            )
