"""An ENUM whose values change their numbers."""

from collections.abc import Iterator

from limbeck.lint.copying import copy_problem
from limbeck.lint.finding import Effect
from limbeck.lint.rule import MYSQL, Example, Problem, rule
from limbeck.lint.step import Step


@rule(
    "mysql-enum-reordered",
    "error",
    dialects=MYSQL,
    effect=Effect("SHARED", "writes", rewrites=True),
    example=Example(
        before="""op.create_table("account", sa.Column("state", sa.Enum("new", "paid")))""",
        wrong="""op.alter_column("account", "state", type_=sa.Enum("new", "open", "paid"), existing_type=sa.Enum("new", "paid"))""",
        right="""op.alter_column("account", "state", type_=sa.Enum("new", "paid", "open"), existing_type=sa.Enum("new", "paid"))""",
    ),
    hint="add new values at the end of the list",
)
def check(step: Step) -> Iterator[Problem]:
    """The values of an ENUM are reordered or removed, which copies the table while writes wait.

    MySQL and MariaDB store the number of the value. A value that is added at the end leaves the others alone, and takes no time. Rows with a
    removed value are refused in strict mode, and become an empty string otherwise.
    """
    for at in step.find("modify_column"):
        before = list(at.column.labels) if at.column is not None else []
        after = at.change.labels
        if before and after and after[: len(before)] != before:
            gone = [label for label in before if label not in after]
            what = f"removes {', '.join(map(repr, gone))}" if gone else "gives values other numbers"
            yield copy_problem(step, at, f"the ENUM of {at.change.name} {what}")
