"""The phrases that the formats for people share."""

from __future__ import annotations

import json
from collections.abc import Sequence

from limbeck.lint.finding import Finding
from limbeck.lint.output.paths import place
from limbeck.saved_plan.types import DatabasePlan, Statement, Step
from limbeck.util._words import counted

#: Characters of the parameters that are shown.
_SHOWN = 200


def title(plan: DatabasePlan) -> str:
    """Return what the plan does, such as `upgrade of postgresql app at db:5432 to heads`."""
    return f"{plan.direction} of {plan.database} to {plan.target}"


def start(plan: DatabasePlan) -> str:
    """Return the version rows, or that the version table is missing."""
    if plan.creates_version_table:
        return f"the version table {plan.version_table} does not exist yet"
    return f"{plan.version_table}: {', '.join(plan.rows) or 'empty'}"


def groups(step: Step) -> list[tuple[str, list[Statement]]]:
    """Return the statements of a step in groups, each with its transaction in words."""
    found: list[tuple[str, list[Statement]]] = []
    for statement in (*step.statements, *step.version_statements):
        number = statement.transaction
        words = "commits by itself" if number is None else f"transaction {number}"
        if not found or found[-1][0] != words:
            found.append((words, []))
        found[-1][1].append(statement)
    return found


def remarks(statement: Statement) -> list[str]:
    """Return the notes on a statement: its parameters, and whether it is conditional or varies."""
    found = []
    if statement.parameters is not None:
        text = json.dumps(statement.parameters, ensure_ascii=False)
        found.append(f"with {text if len(text) <= _SHOWN else f'{text[:_SHOWN]}...'}")
    if statement.is_conditional:
        found.append("depends on whether its object exists")
    if statement.varies:
        found.append("differs each time it is made")
    return found


def terminated(sql: str) -> str:
    """Return the text of a statement with exactly one semicolon at its end."""
    text = sql.rstrip("; \t\r\n")
    # A semicolon behind a comment would be a part of it.
    return f"{text}\n;" if "--" in text.rpartition("\n")[2] else f"{text};"


def finding_line(finding: Finding) -> str:
    """Return one line for a finding."""
    return (
        f"{place(finding.path, finding.line)}: {finding.severity} {finding.rule}: {finding.message}"
    )


def row_count(rows: int | None) -> str:
    """Return an estimate in words."""
    return "unknown" if rows is None else f"about {rows:,}"


def summary(plan: DatabasePlan) -> str:
    """Return one line with the numbers of revisions, statements, losses and findings."""
    parts = [
        counted(len(plan.steps), "revision"),
        counted(plan.statements, "statement"),
        f"{len(plan.losses)} destructive",
        counted(len(plan.findings), "finding"),
    ]
    unknown = sum(step.unknown is not None for step in plan.steps)
    if unknown:
        parts.append(f"{counted(unknown, 'step')} partly known")
    return ", ".join(parts)


def sections(plan: DatabasePlan) -> list[tuple[str, Sequence[str]]]:
    """Return the lists below the steps that are not empty, each with its heading."""
    found = [
        ("Destructive", [str(loss) for loss in plan.losses]),
        ("Lint", [finding_line(finding) for finding in plan.findings]),
        (
            "Rows, as the catalog estimates them",
            [f"{name}: {row_count(rows)}" for name, rows in plan.tables],
        ),
    ]
    return [(heading, lines) for heading, lines in found if lines]
