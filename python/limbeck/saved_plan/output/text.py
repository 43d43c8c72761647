"""A plan for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from limbeck.lint.output.paths import place
from limbeck.saved_plan.output.phrases import (
    groups,
    remarks,
    sections,
    start,
    summary,
    title,
)
from limbeck.saved_plan.types import DatabasePlan, Plan, Statement, Step


def as_text(plan: Plan) -> str:
    """Return a plan as text: the steps with their statements, what is destructive, what lint finds, and the tables."""
    return "\n\n".join("\n".join(_database(part)) for part in plan.databases)


def _database(plan: DatabasePlan) -> Iterator[str]:
    yield title(plan)
    yield start(plan)
    if not plan.steps:
        yield "nothing to do"
        return
    for step in plan.steps:
        yield ""
        yield from _step(step)
    for heading, lines in sections(plan):
        yield ""
        yield f"{heading}:"
        yield from (f"  {line}" for line in lines)
    yield ""
    yield summary(plan)


def _step(step: Step) -> Iterator[str]:
    yield f"{step.revision}  {step.message}  ({step.path})"
    for words, statements in groups(step):
        yield f"  {words}"
        for statement in statements:
            yield from _statement(statement)
    if step.unknown is not None:
        yield f"  {place(step.path, step.unknown.line)}: {step.unknown.describe()}"


def _statement(statement: Statement) -> Iterator[str]:
    number = "" if statement.line is None else str(statement.line)
    for index, line in enumerate(statement.sql.expandtabs(4).splitlines()):
        yield f"  {number if index == 0 else '':>5}  {line.rstrip()}".rstrip()
    for remark in remarks(statement):
        yield f"         ({remark})"
