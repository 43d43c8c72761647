"""Random directives in offline mode on six dialects, against Alembic."""

from __future__ import annotations

import random
from typing import Any

from .driver import RandomCases

DIALECTS = ("sqlite", "postgresql", "mysql", "mariadb", "mssql", "oracle")


def make(rnd: random.Random) -> Any:
    return {"dialect": rnd.choice(DIALECTS), "steps": [{"f": "op.drop_table", "a": ["'t'"]}]}


def test_the_same_sql_is_written(random_cases: RandomCases) -> None:
    random_cases.compare("operations", make)
