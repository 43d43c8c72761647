"""A foreign key that is checked while writers wait."""

from collections.abc import Iterator

from limbeck.lint.finding import Effect
from limbeck.lint.rule import POSTGRESQL, Example, Problem, rule
from limbeck.lint.step import Step


@rule(
    "pg-foreign-key-without-not-valid",
    "error",
    dialects=POSTGRESQL,
    effect=Effect("SHARE ROW EXCLUSIVE", "writes", scans=True),
    example=Example(
        before="""
        op.create_table("shop", sa.Column("id", sa.Integer, primary_key=True))
        op.create_table("account", sa.Column("id", sa.Integer), sa.Column("shop_id", sa.Integer))
        """,
        wrong="""op.create_foreign_key("fk_shop", "account", "shop", ["shop_id"], ["id"])""",
        right="""
        op.create_foreign_key("fk_shop", "account", "shop", ["shop_id"], ["id"], postgresql_not_valid=True)
        with op.get_context().autocommit_block():
            op.execute("ALTER TABLE account VALIDATE CONSTRAINT fk_shop")
        """,
    ),
    hint="op.create_foreign_key(..., postgresql_not_valid=True), then `ALTER TABLE ... VALIDATE CONSTRAINT` in a transaction of its own",
)
def check(step: Step) -> Iterator[Problem]:
    """A foreign key without NOT VALID checks every row while both tables are locked for writes.

    With NOT VALID the key holds for new rows at once, and nothing is read. `VALIDATE CONSTRAINT` checks the old rows later, and lets reads
    and writes through; in another transaction, because the lock of the first statement lasts until its commit. `autocommit_block()` commits
    it.
    """
    for at in step.find("add_constraint", "add_column"):
        change = at.change
        keys = [part for part in (change, *change.parts) if part.constraint == "foreign_key"]
        if keys and not at.has("not_valid"):
            yield Problem(
                f"checks every row of {change.table} while it and {keys[0].referred} wait for writes",
                at,
            )
