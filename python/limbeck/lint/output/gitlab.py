"""The report as GitLab's Code Quality report."""

from __future__ import annotations

import hashlib
import json

from limbeck.lint.finding import Finding, Report
from limbeck.lint.output.paths import relative

_SEVERITY = {"error": "major", "warning": "minor"}


def as_gitlab(report: Report) -> str:
    """Return an array with an issue for each finding."""
    seen: dict[str, int] = {}
    issues = []
    for finding in report.findings:
        key = _key(finding)
        # Two findings of the same text need two fingerprints.
        seen[key] = seen.get(key, 0) + 1
        issues.append(
            {
                "description": finding.message,
                "check_name": finding.rule,
                "fingerprint": hashlib.sha256(f"{key}\0{seen[key]}".encode()).hexdigest(),
                "severity": _SEVERITY[finding.severity],
                "location": {
                    "path": relative(finding.path, "CI_PROJECT_DIR"),
                    "lines": {"begin": finding.line or 1},
                },
            }
        )
    return json.dumps(issues, indent=2, ensure_ascii=False)


def _key(finding: Finding) -> str:
    """Return what stays the same when lines are added above."""
    return f"{finding.rule}\0{finding.revision}\0{finding.message}\0{finding.statement}"
