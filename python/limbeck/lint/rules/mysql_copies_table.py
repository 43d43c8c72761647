"""A change that copies the table."""

from collections.abc import Iterator

from limbeck.lint.copying import copy_problem
from limbeck.lint.finding import Effect
from limbeck.lint.rule import MYSQL, Example, Problem, rule
from limbeck.lint.step import Step
from limbeck.lint.types import mysql_copies


@rule(
    "mysql-copies-table",
    "error",
    dialects=MYSQL,
    effect=Effect("SHARED", "writes", rewrites=True),
    example=Example(
        before="""op.create_table("account", sa.Column("id", sa.Integer, primary_key=True), sa.Column("email", sa.String(50)))""",
        wrong="""op.alter_column("account", "id", type_=sa.BigInteger, existing_type=sa.Integer, existing_nullable=False)""",
        right="""op.alter_column("account", "email", type_=sa.String(60), existing_type=sa.String(50))""",
    ),
    hint="use a tool that copies online (gh-ost, pt-online-schema-change), or add a second column and copy in batches",
)
def check(step: Step) -> Iterator[Problem]:
    """A change makes MySQL and MariaDB copy the table while writes wait.

    This is so for another type of a column (a longer VARCHAR is not, within 255 bytes or above), for a stored generated column, for a dropped
    primary key, and for a foreign key while `foreign_key_checks` is on. Adding a column or an index is done in place.

    From version 11.2 on, MariaDB lets other sessions write until the copy is complete: with `--server-version 11.8-MariaDB`, the finding is a
    warning about the disk space that the second copy needs.

    To see what the server would do, append `LOCK=NONE` to the statement: it refuses instead of blocking.
    """
    for at in step.find("modify_column", "add_column", "drop_constraint", "add_constraint"):
        if at.has("algorithm_instant", "algorithm_inplace", "lock_none"):
            continue
        reason = mysql_copies(at, step)
        if reason is not None:
            yield copy_problem(step, at, reason)
