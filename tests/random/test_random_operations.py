"""Random directives in offline mode on six dialects, against Alembic."""

from __future__ import annotations

from .driver import RandomCases
from .operation_cases import offline_case


def test_the_same_sql_is_written(random_cases: RandomCases) -> None:
    random_cases.compare("operations", offline_case)
