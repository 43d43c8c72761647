"""A unique constraint that builds its index under a lock."""

from collections.abc import Iterator

from limbeck.lint.finding import Effect
from limbeck.lint.rule import POSTGRESQL, Example, Problem, rule
from limbeck.lint.step import Step


@rule(
    "pg-unique-without-using-index",
    "error",
    dialects=POSTGRESQL,
    effect=Effect("ACCESS EXCLUSIVE", "reads and writes", scans=True),
    example=Example(
        before="""op.create_table("account", sa.Column("id", sa.Integer, primary_key=True), sa.Column("email", sa.String(50)))""",
        wrong="""op.create_unique_constraint("uq_email", "account", ["email"])""",
        right="""
        with op.get_context().autocommit_block():
            op.create_index("uq_email", "account", ["email"], unique=True, postgresql_concurrently=True)
        op.execute("ALTER TABLE account ADD CONSTRAINT uq_email UNIQUE USING INDEX uq_email")
        """,
    ),
    hint="build a unique index with CONCURRENTLY, then op.execute('ALTER TABLE ... ADD CONSTRAINT ... UNIQUE USING INDEX ...')",
)
def check(step: Step) -> Iterator[Problem]:
    """A UNIQUE or PRIMARY KEY constraint builds its index while the table is locked for reads and writes.

    Build a unique index with CONCURRENTLY first, and make it the constraint with `USING INDEX`, which only renames it. For a PRIMARY KEY,
    the columns have to be NOT NULL before (`pg-set-not-null`).
    """
    for at in step.find("add_constraint", "add_column"):
        change = at.change
        parts = [
            p
            for p in (change, *change.parts)
            if p.constraint in ("unique", "primary_key", "exclude")
        ]
        if parts and not at.has("using_index"):
            yield Problem(f"builds an index on {change.table} while reads and writes wait", at)
