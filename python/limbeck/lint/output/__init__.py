"""The formats of a report."""

from __future__ import annotations

from collections.abc import Callable

from limbeck.lint.finding import Report
from limbeck.lint.output.github import as_github
from limbeck.lint.output.gitlab import as_gitlab
from limbeck.lint.output.json import as_json
from limbeck.lint.output.sarif import as_sarif
from limbeck.lint.output.text import as_text

#: The formats by name.
FORMATS: dict[str, Callable[[Report], str]] = {
    "text": as_text,
    "json": as_json,
    "github": as_github,
    "gitlab": as_gitlab,
    "sarif": as_sarif,
}
