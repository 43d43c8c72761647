"""After a failure on PostgreSQL: what is rolled back, and what is recorded, against what the database has."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import projects
from support.programs import Program

_TABLE = "op.create_table('t{0}', sa.Column('id', sa.Integer()))"
_AUTOCOMMIT = "with op.get_context().autocommit_block():\n    op.execute('SELECT 1')"


def _failed(
    limbeck: Program, folder: Path, url: str, bodies: dict[int, str], env: str = projects.GENERIC
) -> str:
    """Run a chain that fails, check that the recorded rows are those of the message, and return what is undone."""
    made = projects.make(folder, url, env=env)
    projects.chain(made, 4, bodies)
    done = limbeck.alembic(made, "upgrade", "head")
    assert done.returncode == 1
    (line,) = (text for text in done.stderr.splitlines() if "recorded as applied" in text)
    undone, _, recorded = line.partition("; recorded as applied: ")
    current = limbeck.alembic(made, "current").stdout.split() or ["none"]
    assert current[0] == recorded
    return undone


def test_whole_run(limbeck: Program, tmp_path: Path, postgresql_url: str) -> None:
    bodies = {0: _TABLE.format(0), 1: _TABLE.format(1), 2: "1 / 0"}
    assert _failed(limbeck, tmp_path / "p", postgresql_url, bodies) == "the run is rolled back"


def test_transaction_per_revision(limbeck: Program, tmp_path: Path, postgresql_url: str) -> None:
    env = projects.GENERIC.replace(
        "target_metadata", "transaction_per_migration=True, target_metadata"
    )
    bodies = {0: _TABLE.format(0), 1: _TABLE.format(1), 2: "1 / 0"}
    undone = _failed(limbeck, tmp_path / "p", postgresql_url, bodies, env)
    assert undone == "the revision is rolled back"


@pytest.mark.parametrize("per_revision", [False, True])
def test_autocommit_block_in_the_revision(
    limbeck: Program, tmp_path: Path, postgresql_url: str, per_revision: bool
) -> None:
    keyword = f"transaction_per_migration={per_revision}, target_metadata"
    env = projects.GENERIC.replace("target_metadata", keyword)
    bodies = {0: _TABLE.format(0), 1: f"{_AUTOCOMMIT}\n{_TABLE.format(1)}\n1 / 0"}
    undone = _failed(limbeck, tmp_path / "p", postgresql_url, bodies, env)
    assert undone == "what followed the last autocommit_block() is rolled back"


def test_autocommit_block_in_an_earlier_revision(
    limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    """The version row of that revision is rolled back with what follows."""
    bodies = {0: _TABLE.format(0), 1: _AUTOCOMMIT, 2: _TABLE.format(2), 3: "1 / 0"}
    undone = _failed(limbeck, tmp_path / "p", postgresql_url, bodies)
    assert undone == "what followed the last autocommit_block() is rolled back"


def test_transaction_of_somebody_else(
    limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    """Nothing is claimed about a transaction that env.py has begun itself."""
    env = projects.GENERIC.replace(
        "        context.configure(", "        connection.begin()\n        context.configure("
    )
    made = projects.make(tmp_path / "p", postgresql_url, env=env)
    projects.chain(made, 1, {0: "1 / 0"})
    done = limbeck.alembic(made, "upgrade", "head")
    assert done.returncode == 1
    assert "recorded as applied" not in done.stderr
