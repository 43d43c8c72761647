"""Options of the random tests, and the fixture that compares; `driver.py` explains how to write such a test."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from support.programs import Program

from .driver import RandomCases


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("random cases")
    group.addoption("--seed", dest="random_seed", default=None, help="today's date, if not given")
    group.addoption("--minutes", dest="random_minutes", type=float, default=1.0, help="per kind")
    group.addoption("--cases", dest="random_cases", type=int, default=None, help="per kind")


def pytest_report_header(config: pytest.Config) -> str:
    return f"random cases: --seed {_seed(config)}"


def _seed(config: pytest.Config) -> str:
    seed: Any = config.getoption("random_seed", None)
    return str(seed or datetime.datetime.now(datetime.timezone.utc).date())


@pytest.fixture
def random_cases(pytestconfig: pytest.Config, limbeck: Program, reference: Program) -> RandomCases:
    """Run random cases on limbeck and on Alembic, and compare the results."""
    # The options are missing if the folder is not on pytest's command line.
    return RandomCases(
        limbeck,
        reference,
        _seed(pytestconfig),
        float(pytestconfig.getoption("random_minutes", 1.0)),
        pytestconfig.getoption("random_cases", None),
    )
