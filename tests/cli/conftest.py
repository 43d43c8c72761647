"""A project of 200 revisions with branches, merges and dependencies."""

import random
from pathlib import Path

import pytest
from support.programs import Program

ROOT = Path(__file__).resolve().parents[2]
REVISIONS = 200


def write_revisions(folder: Path, count: int, seed: int = 4) -> list[str]:
    """Write revision files, of which one in eight starts or ends a branch and some depend on others.

    :return: the identifiers
    """
    rng = random.Random(seed)
    ids: list[str] = []
    down_of: list[list[int]] = []
    heads: list[int] = []
    for number in range(count):
        if number == 0:
            down: list[int] = []
        elif len(heads) > 1 and rng.random() < 0.12:
            down = rng.sample(heads, 2)
        elif rng.random() < 0.12:
            down = [rng.randrange(max(0, number - 12), number)]
        else:
            down = [rng.choice(heads)]
        heads = [head for head in heads if head not in down] + [number]
        below = set(down)
        for lower in range(number, -1, -1):
            if lower in below:
                below.update(down_of[lower])
        apart = [other for other in range(number) if other not in below]
        needs = [rng.choice(apart)] if apart and rng.random() < 0.1 else []
        ids.append(f"{rng.getrandbits(48):012x}")
        down_of.append(down)
        label = ("billing",) if number == 50 else None
        names = tuple(ids[other] for other in down)
        (folder / f"{number:03}_{ids[-1]}.py").write_text(
            f'"""add column number {number} to the ledger of accounts"""\n\n'
            f"revision = {ids[-1]!r}\n"
            f"down_revision = {names if len(names) > 1 else (names[0] if names else None)!r}\n"
            f"branch_labels = {label!r}\n"
            f"depends_on = {tuple(ids[other] for other in needs) or None!r}\n\n\n"
            "def upgrade():\n    pass\n\n\ndef downgrade():\n    pass\n"
        )
    return ids


@pytest.fixture
def large_project(tmp_path: Path, limbeck: Program) -> Path:
    """The folder of the project; there is no database yet."""
    assert limbeck.alembic(tmp_path, "init", "migrations").returncode == 0
    ini = tmp_path / "alembic.ini"
    lines = ini.read_text().splitlines()
    ini.write_text(
        "\n".join(
            "sqlalchemy.url = sqlite:///app.db" if line.startswith("sqlalchemy.url") else line
            for line in lines
        )
    )
    write_revisions(tmp_path / "migrations" / "versions", REVISIONS)
    return tmp_path


@pytest.fixture(scope="session")
def pictures() -> Path:
    """The folder of pictures for people to look at; part of the build output."""
    folder = ROOT / "build" / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
