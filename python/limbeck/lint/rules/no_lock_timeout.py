"""A statement that waits for a lock without a limit."""

from collections.abc import Iterator

from limbeck.lint.finding import Effect
from limbeck.lint.rule import POSTGRESQL, Example, Problem, rule
from limbeck.lint.step import LOCKING, Step

NAME = "no-lock-timeout"


@rule(
    NAME,
    "warning",
    dialects=POSTGRESQL,
    opt_in=True,
    effect=Effect("ACCESS EXCLUSIVE", "reads and writes"),
    example=Example(
        before="""op.create_table("account", sa.Column("id", sa.Integer, primary_key=True), sa.Column("email", sa.String(50)))""",
        wrong="""op.add_column("account", sa.Column("age", sa.Integer))""",
        right="""
        lock_timeout = 5  # seconds

        def upgrade():
            op.add_column("account", sa.Column("age", sa.Integer))

        def downgrade():
            op.drop_column("account", "age")
        """,
    ),
    hint="set `lock_timeout` in the revision file, or for all under [limbeck]",
)
def check(step: Step) -> Iterator[Problem]:
    """A statement that locks an existing table for reads and writes waits for the lock without a limit.

    It waits for every query of the table that runs, and each later query of the table waits behind it. One long report is enough to stop the
    application. With `lock_timeout` the statement gives up, and can be tried again: see `lock_retries`.

    limbeck reads the name [`lock_timeout`](configuration.md#safe-execution), in seconds, from the revision file or from `[limbeck]`. Alembic ignores it;
    there, execute `SET LOCAL lock_timeout = '5s'`. The rule is also on for `--fix`, which writes the name.
    """
    if getattr(step.module, "lock_timeout", None) is not None:
        return
    if any(at.change.kind == "set" and at.change.name == "lock_timeout" for at in step.occurrences):
        return
    for at in step.find(*LOCKING):
        yield Problem(f"waits for the lock of {at.change.table} without a limit", at)
        return
