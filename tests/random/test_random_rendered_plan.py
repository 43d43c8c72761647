"""The rendered plan of random directives, against what the driver gets when they run on three databases."""

from __future__ import annotations

from .driver import RandomCases
from .operation_cases import online_case
from .test_random_operations import databases

__all__ = ["databases"]


def test_rendered_statements_are_executed(
    random_cases: RandomCases, databases: dict[str, dict[str, str]]
) -> None:
    random_cases.compare("rendered_plan", online_case, crashes=(), environ=databases)
