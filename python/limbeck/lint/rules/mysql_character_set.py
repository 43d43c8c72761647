"""A conversion of the character set."""

from collections.abc import Iterator

from limbeck.lint.copying import copy_problem
from limbeck.lint.finding import Effect
from limbeck.lint.rule import MYSQL, Example, Problem, rule
from limbeck.lint.step import Step


@rule(
    "mysql-character-set",
    "error",
    dialects=MYSQL,
    effect=Effect("SHARED", "writes", rewrites=True),
    example=Example(
        before="""op.create_table("account", sa.Column("id", sa.Integer, primary_key=True), sa.Column("email", sa.String(50)))""",
        wrong="""op.execute("ALTER TABLE account CONVERT TO CHARACTER SET utf8mb4")""",
        right="""op.execute("ALTER TABLE account DEFAULT CHARACTER SET utf8mb4")""",
    ),
    hint="change the default only, and convert the old columns with a tool that copies online",
)
def check(step: Step) -> Iterator[Problem]:
    """The character set of a table is converted, which copies it while writes wait.

    The conversion may also change column types: TEXT becomes MEDIUMTEXT, so that the longer encoding fits. Joins with tables of another
    character set stop using indexes. `DEFAULT CHARACTER SET` affects new columns only, and takes no time.
    """
    for at in step.find("convert_character_set"):
        yield copy_problem(step, at, "its character set is converted")
