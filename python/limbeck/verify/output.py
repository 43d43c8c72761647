"""The formats of a report."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from xml.etree import ElementTree

from limbeck.lint.output.paths import place, relative
from limbeck.util._words import counted
from limbeck.verify.types import Finding, Report


def as_text(report: Report) -> str:
    """Return a line for each finding and each irreversible revision, and a line with their numbers."""
    lines = list(map(finding_line, report.findings))
    lines += [f"{revision}: irreversible: {reason}" for revision, reason in report.irreversible]
    lines += [f"no row was put into {refused}" for refused in report.refused]
    if report.stopped_at is not None:
        lines.append(f"nothing was verified after {report.stopped_at}")
    lines.append(summary(report))
    return "\n".join(lines)


def finding_line(finding: Finding) -> str:
    """Return a finding with its place, on one line."""
    if not finding.path:
        return finding.message
    return f"{place(relative(finding.path), finding.line)}: {finding.revision}: {finding.message}"


def summary(report: Report) -> str:
    """Return one line: what was found, and what was verified."""
    faults = len(report.findings)
    found = "no findings" if not faults else counted(faults, "finding")
    return f"{found}; {len(report.verified)} verified, {len(report.irreversible)} irreversible"


def as_json(report: Report) -> str:
    """Return the report as one JSON object; `version` is that of the format."""
    value = {"version": 1, **asdict(report)}
    for item in value["findings"]:
        item["path"] = relative(item["path"]) if item["path"] else ""
    return json.dumps(value, indent=2, ensure_ascii=False)


def as_junit(report: Report) -> str:
    """Return JUnit's XML, with a test for each revision, and one for the models if they differ."""
    by_revision: dict[str, list[Finding]] = {}
    for finding in report.findings:
        by_revision.setdefault(finding.revision or "models", []).append(finding)
    reasons = dict(report.irreversible)
    names = dict.fromkeys([*report.verified, *reasons, *by_revision])
    suite = ElementTree.Element(
        "testsuite",
        name="alembic verify",
        tests=str(len(names)),
        failures=str(len(by_revision)),
        skipped=str(len(reasons.keys() - by_revision.keys())),
    )
    for name in names:
        case = ElementTree.SubElement(suite, "testcase", classname="alembic.verify", name=name)
        if found := by_revision.get(name):
            failure = ElementTree.SubElement(case, "failure", message=found[0].message)
            failure.text = "\n".join(map(finding_line, found))
        elif name in reasons:
            ElementTree.SubElement(case, "skipped", message=f"irreversible: {reasons[name]}")
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True)


#: The formats by name.
FORMATS: dict[str, Callable[[Report], str]] = {
    "text": as_text,
    "json": as_json,
    "junit": as_junit,
}
