"""The formats of a plan."""

from __future__ import annotations

from collections.abc import Callable

from limbeck.saved_plan.file import as_json
from limbeck.saved_plan.output.markdown import as_markdown
from limbeck.saved_plan.output.sql import as_sql
from limbeck.saved_plan.output.text import as_text
from limbeck.saved_plan.types import Plan

#: The formats by name.
FORMATS: dict[str, Callable[[Plan], str]] = {
    "text": as_text,
    "json": as_json,
    "markdown": as_markdown,
    "sql": as_sql,
}
