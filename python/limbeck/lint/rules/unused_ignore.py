"""A comment that ignores nothing."""

from collections.abc import Iterator

from limbeck.lint.rule import Example, Problem, rule
from limbeck.lint.step import Step


@rule(
    "unused-ignore",
    "warning",
    example=Example(
        wrong="""op.execute("SELECT 1")  # limbeck: ignore[drop-table] an old table""",
        right="""op.execute("SELECT 1")""",
    ),
    hint="remove the comment",
)
def check(step: Step) -> Iterator[Problem]:
    """A comment suppresses a finding that is not there.

    The statement has changed since, or the name of the rule is wrong. Left in place, it would hide the next finding.
    """
    yield from ()  # reported by the runner
