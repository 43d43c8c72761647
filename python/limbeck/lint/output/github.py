"""The report as workflow commands of GitHub Actions, which become annotations."""

from __future__ import annotations

from limbeck.lint.finding import Finding, Report
from limbeck.lint.output.paths import relative
from limbeck.lint.output.text import summary


def as_github(report: Report) -> str:
    """Return a line for each finding, which GitHub shows at its place, and a notice that counts."""
    lines = [_annotation(finding) for finding in report.findings]
    lines += [
        f"::notice {_place(step.path, step.line)},title=partly known::{_escape(step.describe())}"
        for step in report.partly_known
    ]
    return "\n".join([*lines, f"::notice title=alembic lint::{_escape(summary(report))}"])


def _annotation(finding: Finding) -> str:
    details = (finding.message, finding.effect.describe(), finding.hint and f"hint: {finding.hint}")
    message = "\n".join(detail for detail in details if detail)
    place = _place(finding.path, finding.line)
    return f"::{finding.severity} {place},title={_property(finding.rule)}::{_escape(message)}"


def _place(path: str, line: int | None) -> str:
    return f"file={_property(relative(path, 'GITHUB_WORKSPACE'))},line={line or 1}"


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escape(text).replace(":", "%3A").replace(",", "%2C")
