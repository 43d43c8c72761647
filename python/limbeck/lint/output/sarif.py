"""The report as SARIF 2.1.0."""

from __future__ import annotations

import json
from typing import Any

import limbeck
from limbeck.lint.finding import Finding, Report
from limbeck.lint.output.paths import relative
from limbeck.lint.rule import Rule
from limbeck.lint.run import known_rules

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(report: Report) -> str:
    """Return a log with one run. Steps that are partly known are notifications of the tool."""
    rules = known_rules()
    named = sorted({finding.rule for finding in report.findings})
    run = {
        "tool": {
            "driver": {
                "name": "alembic lint",
                "version": limbeck.__version__,
                "rules": [_rule(rules[name]) for name in named],
            }
        },
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [
                    {
                        "level": "note",
                        "message": {"text": step.describe()},
                        "locations": [_location(step.path, step.line)],
                    }
                    for step in report.partly_known
                ],
            }
        ],
        "results": [_result(finding, named.index(finding.rule)) for finding in report.findings],
        "columnKind": "unicodeCodePoints",
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False)


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.summary},
        "help": {"text": rule.text or rule.summary, "markdown": rule.text or rule.summary},
        "defaultConfiguration": {"level": rule.severity},
    }


def _result(finding: Finding, index: int) -> dict[str, Any]:
    text = ". ".join(part for part in (finding.message, finding.effect.describe()) if part)
    if finding.hint:
        text += f"\n\nhint: {finding.hint}"
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": finding.severity,
        "message": {"text": text},
        "locations": [_location(finding.path, finding.line)],
        "properties": {"revision": finding.revision, "statement": finding.statement},
    }


def _location(path: str, line: int | None) -> dict[str, Any]:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(path), "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": line or 1},
        }
    }


def _uri(path: str) -> str:
    from urllib.parse import quote

    return quote(relative(path, "GITHUB_WORKSPACE", "CI_PROJECT_DIR"))
