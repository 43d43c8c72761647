"""A plan as Markdown, for a merge request."""

from __future__ import annotations

from collections.abc import Iterator

from limbeck.lint.output.paths import place
from limbeck.saved_plan.output.phrases import (
    groups,
    remarks,
    sections,
    start,
    summary,
    terminated,
    title,
)
from limbeck.saved_plan.types import DatabasePlan, Plan, Statement, Step


def as_markdown(plan: Plan) -> str:
    """Return a plan as Markdown, with the statements in code blocks."""
    return "\n\n".join("\n".join(_database(part)) for part in plan.databases)


def _database(plan: DatabasePlan) -> Iterator[str]:
    yield f"## {_escaped(title(plan))}"
    yield ""
    yield f"{_escaped(start(plan))}. **{summary(plan)}**" if plan.steps else "Nothing to do."
    for step in plan.steps:
        yield from _step(step)
    for heading, lines in sections(plan):
        yield from ("", f"### {heading}", "")
        yield from (f"- {_escaped(line)}" for line in lines)


def _step(step: Step) -> Iterator[str]:
    yield from ("", f"### `{step.revision}` {_escaped(step.message)}", "", f"`{step.path}`")
    for words, statements in groups(step):
        body = "\n".join(_statement(statement) for statement in statements)
        fence = "`" * max(3, _longest_run(body) + 1)
        yield from ("", f"{words}:", "", f"{fence}sql", body, fence)
    if step.unknown is not None:
        text = f"{place(step.path, step.unknown.line)}: {step.unknown.describe()}"
        yield from ("", f"> {_escaped(text)}")


def _statement(statement: Statement) -> str:
    notes = [] if statement.line is None else [f"line {statement.line}"]
    comment = "; ".join([*notes, *remarks(statement)]).replace("\n", " ")
    lines = [line.rstrip() for line in terminated(statement.sql).expandtabs(4).splitlines()]
    return "\n".join([f"-- {comment}", *lines] if comment else lines)


def _longest_run(text: str) -> int:
    """Return the length of the longest run of backticks."""
    longest = run = 0
    for character in text:
        run = run + 1 if character == "`" else 0
        longest = max(longest, run)
    return longest


def _escaped(text: str) -> str:
    """Return a text with the characters escaped that Markdown would interpret."""
    return "".join(f"\\{c}" if c in "\\`*_[]<>#|" else c for c in text)
