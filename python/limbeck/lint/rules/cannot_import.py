"""A file that cannot be imported."""

from collections.abc import Iterator

from limbeck.lint.rule import Example, Problem, rule
from limbeck.lint.step import Step


@rule(
    "cannot-import",
    "error",
    example=Example(wrong='''op.execute("SELECT 1"''', right="""op.execute("SELECT 1")"""),
    hint="`alembic upgrade` fails in the same way",
)
def check(step: Step) -> Iterator[Problem]:
    """A revision file cannot be imported.

    Nothing else in the file was checked. `alembic upgrade` stops at the same error, unless it depends on the environment of the run.
    """
    yield from ()  # reported by the runner
