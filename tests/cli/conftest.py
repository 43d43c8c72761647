"""A project of 200 revisions with branches, merges and dependencies."""

import random
from pathlib import Path

import pytest
from support.programs import Program

ROOT = Path(__file__).resolve().parents[2]
REVISIONS = 200


def write_revisions(folder: Path, count: int, seed: int = 4) -> list[str]:
    """Write revision files: about one in eight starts a branch, one in eight merges two, and some depend on others.

    :return: the identifiers
    """
    rng = random.Random(seed)
    ids: list[str] = []
    parents_of: list[list[int]] = []
    heads: list[int] = []
    for number in range(count):
        if number == 0:
            parents: list[int] = []
        elif len(heads) > 1 and rng.random() < 0.12:
            parents = rng.sample(heads, 2)
        elif rng.random() < 0.12:
            parents = [rng.randrange(max(0, number - 12), number)]
        else:
            parents = [rng.choice(heads)]
        heads = [head for head in heads if head not in parents] + [number]
        ancestors = set(parents)
        for earlier in range(number, -1, -1):
            if earlier in ancestors:
                ancestors.update(parents_of[earlier])
        unrelated = [other for other in range(number) if other not in ancestors]
        dependencies = [rng.choice(unrelated)] if unrelated and rng.random() < 0.1 else []
        ids.append(f"{rng.getrandbits(48):012x}")
        parents_of.append(parents)
        label = ("billing",) if number == 50 else None
        parent_ids = tuple(ids[other] for other in parents)
        (folder / f"{number:03}_{ids[-1]}.py").write_text(
            f'"""add column number {number} to the ledger of accounts"""\n\n'
            f"revision = {ids[-1]!r}\n"
            f"down_revision = {parent_ids if len(parent_ids) > 1 else (parent_ids[0] if parent_ids else None)!r}\n"
            f"branch_labels = {label!r}\n"
            f"depends_on = {tuple(ids[other] for other in dependencies) or None!r}\n\n\n"
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
