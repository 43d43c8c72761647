"""Tests of what a comparison finds run both ways: with the short cuts, and without."""

from __future__ import annotations

import pytest
from limbeck import short_cuts

#: The other modules are about the short cuts themselves, or take none.
_BOTH_WAYS = {
    "test_findings",
    "test_pipeline",
    "test_round_trip",
    "test_round_trips",
    "test_same_as_alembic",
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give the tests of these modules a parameter more."""
    if metafunc.module.__name__.rpartition(".")[2] in _BOTH_WAYS:
        metafunc.fixturenames.append("short_cuts_taken")
        metafunc.parametrize(
            "short_cuts_taken", [True, False], ids=["short cuts", "no short cuts"], indirect=True
        )


@pytest.fixture
def short_cuts_taken(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Switch the short cuts on or off, here and in the processes that a test starts."""
    monkeypatch.setattr(short_cuts, "enabled", request.param)
    monkeypatch.setenv("LIMBECK_SHORT_CUTS", "1" if request.param else "0")
