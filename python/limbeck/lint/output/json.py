"""The report as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict

from limbeck.lint.finding import Report
from limbeck.lint.output.paths import relative


def as_json(report: Report) -> str:
    """Return the report as one JSON object; `version` is that of the format."""
    value = {"version": 1, **asdict(report)}
    for item in (*value["findings"], *value["partly_known"]):
        item["path"] = relative(item["path"])
    return json.dumps(value, indent=2, ensure_ascii=False)
