"""A plan as SQL to read, with the revision and the line of each statement."""

from __future__ import annotations

from collections.abc import Iterator

from limbeck.lint.output.paths import place
from limbeck.saved_plan.output.phrases import remarks, start, terminated, title
from limbeck.saved_plan.types import DatabasePlan, Plan, Statement, Step


def as_sql(plan: Plan) -> str:
    """Return the statements in order.

    It is not a script: a statement with parameters is shown as the driver gets it, with the values in a comment. `upgrade --sql`
    writes a script.
    """
    return "\n\n".join("\n".join(_database(part)) for part in plan.databases)


def _database(plan: DatabasePlan) -> Iterator[str]:
    yield f"-- {title(plan)}"
    yield f"-- {start(plan)}"
    if not plan.steps:
        yield "-- nothing to do"
    current: int | None = None
    for step in plan.steps:
        yield ""
        yield _comment(f"{step.revision} {step.message} ({step.path})")
        for statement in (*step.statements, *step.version_statements):
            if statement.transaction != current:
                if current is not None:
                    yield "COMMIT;"
                if statement.transaction is not None:
                    yield "BEGIN;"
                current = statement.transaction
            yield from _statement(step, statement)
        if step.unknown is not None:
            yield _comment(f"{place(step.path, step.unknown.line)}: {step.unknown.describe()}")
    if current is not None:
        yield "COMMIT;"


def _statement(step: Step, statement: Statement) -> Iterator[str]:
    notes = [] if statement.line is None else [place(step.path, statement.line)]
    for note in (*notes, *remarks(statement)):
        yield _comment(note)
    yield terminated(statement.sql)


def _comment(text: str) -> str:
    """Return a text as one line of comment."""
    return f"-- {' '.join(text.split())}"
