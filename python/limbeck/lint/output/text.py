"""The report for a terminal."""

from __future__ import annotations

import textwrap

from limbeck.lint.finding import Finding, Report
from limbeck.lint.output.paths import place, relative
from limbeck.util._words import counted

#: Characters of a statement that are shown.
_SHOWN = 160


def as_text(report: Report) -> str:
    """Return the report as text: a paragraph for each finding, the steps that are partly known, and one line that counts."""
    parts = [_finding(finding) for finding in report.findings]
    parts += [
        f"{place(relative(step.path), step.line)}: {step.describe()}"
        for step in report.partly_known
    ]
    return "\n".join([*parts, summary(report)])


def _finding(finding: Finding) -> str:
    head = (
        f"{place(relative(finding.path), finding.line)}: {finding.severity} {finding.rule}: "
        f"{finding.message}"
    )
    details = []
    if finding.statement:
        details.append(textwrap.shorten(finding.statement, _SHOWN, placeholder=" ..."))
    if effect := finding.effect.describe():
        details.append(effect)
    if finding.hint:
        details.append(f"hint: {finding.hint}")
    return "\n".join([head, *(f"    {detail}" for detail in details), ""])


def summary(report: Report) -> str:
    """Return one line: what was found, and what was seen."""
    errors = sum(finding.severity == "error" for finding in report.findings)
    warnings = len(report.findings) - errors
    found = "no findings"
    if report.findings:
        found = f"{counted(errors, 'error')}, {counted(warnings, 'warning')}"
    text = f"{found} in {counted(report.revisions, 'revision')} with {counted(report.statements, 'statement')}"
    if report.unread:
        text += f"; {counted(report.unread, 'statement')} could not be parsed"
    text += f"; {counted(len(report.partly_known), 'step')} partly known"
    if report.suppressed:
        text += f"; {report.suppressed} suppressed"
    return text
