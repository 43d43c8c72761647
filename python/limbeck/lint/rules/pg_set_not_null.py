"""NOT NULL that reads the whole table under a lock."""

from collections.abc import Iterator

from limbeck.lint.finding import Effect
from limbeck.lint.rule import POSTGRESQL, Example, Problem, rule
from limbeck.lint.step import Step


@rule(
    "pg-set-not-null",
    "error",
    dialects=POSTGRESQL,
    effect=Effect("ACCESS EXCLUSIVE", "reads and writes", scans=True),
    example=Example(
        before="""op.create_table("account", sa.Column("id", sa.Integer, primary_key=True), sa.Column("email", sa.String(50)))""",
        wrong="""op.alter_column("account", "email", nullable=False)""",
        right="""
        op.create_check_constraint("ck_email", "account", "email IS NOT NULL", postgresql_not_valid=True)
        with op.get_context().autocommit_block():
            op.execute("ALTER TABLE account VALIDATE CONSTRAINT ck_email")
        op.alter_column("account", "email", nullable=False)
        op.drop_constraint("ck_email", "account")
        """,
    ),
    hint="add CHECK (column IS NOT NULL) as NOT VALID and validate it first; SET NOT NULL then reads no row",
)
def check(step: Step) -> Iterator[Problem]:
    """`SET NOT NULL` reads every row while the table is locked for reads and writes.

    From PostgreSQL 12 on it reads nothing if a valid CHECK says that the column is not NULL. Add that one as NOT VALID, validate it in a
    transaction of its own, set NOT NULL, and drop the CHECK. The CHECK may also come from an earlier revision.
    """
    for at in step.find("set_not_null"):
        name = at.change.name or ""
        is_checked = at.table is not None and at.table.has_valid_not_null(name)
        if is_checked and step.server.version >= (12,):
            continue
        if (at.column is not None and at.column.not_null) or (
            getattr(at.operation, "existing_nullable", None) is False
        ):
            continue
        yield Problem(f"reads every row of {at.change.table} to see that {name} is not NULL", at)
