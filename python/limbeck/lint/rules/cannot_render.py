"""A body that raises an error."""

from collections.abc import Iterator

from limbeck.lint.rule import Example, Problem, rule
from limbeck.lint.step import Step


@rule(
    "cannot-render",
    "error",
    example=Example(
        wrong="""op.execute(sa.text("SELECT :id").bindparams(ident=1))""",
        right="""op.execute(sa.text("SELECT :id").bindparams(id=1))""",
    ),
    hint="statements below that line were not checked",
)
def check(step: Step) -> Iterator[Problem]:
    """A body raises an error when it is called without a database.

    The statements before the line were checked, those after it were not. The body was called with a connection that accepts every statement,
    so the error is most likely in the file. A body that asks the database something is not reported: its step counts as partly known.
    """
    yield from ()  # reported by the runner
