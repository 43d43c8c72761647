"""Pytest plugin of a conformance run: makes Alembic's harness importable with limbeck, and records each outcome.

`CONFORMANCE_HARNESS` is the folder that holds `testing/`; without it, none is added (Alembic has its own).
`CONFORMANCE_OUTCOMES` is the file to write: one JSON object, test id -> "passed", "failed" or "skipped".
"""

import json
import os
from pathlib import Path

import pytest

if _harness := os.environ.get("CONFORMANCE_HARNESS"):
    import alembic

    alembic.__path__.append(_harness)

_RANK = {"passed": 0, "skipped": 1, "failed": 2}
_outcomes: dict[str, str] = {}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    # An expected failure is reported as skipped.
    before = _outcomes.get(report.nodeid, "passed")
    _outcomes[report.nodeid] = max(before, report.outcome, key=_RANK.__getitem__)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.failed:
        _outcomes[report.nodeid or "collection"] = "failed"


def pytest_sessionfinish() -> None:
    Path(os.environ["CONFORMANCE_OUTCOMES"]).write_text(json.dumps(_outcomes, indent=0))
