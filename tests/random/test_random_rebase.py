"""Random revision graphs and random moves: files, graph and SQL afterwards are those of a simple model."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import time
from pathlib import Path

from limbeck.rebasing.rebase import Request, run
from limbeck.util.exc import CommandError

from .driver import RandomCases
from .graphs import Model, check_order, config_of, contents, described, random_graph, write

#: Projects that one call of Alembic describes.
_BATCH = 40


def check_files(before: dict[str, bytes], after: dict[str, bytes], old: Model, new: Model) -> None:
    """Check that files with the same parents are untouched, and that the others differ in their two lines only."""
    assert before.keys() == after.keys()
    for id, content in before.items():
        if set(old.parents[id]) == set(new.parents[id]):
            assert after[id] == content
            continue
        lines = list(zip(content.splitlines(True), after[id].splitlines(True), strict=True))
        changed = [(a, b) for a, b in lines if a != b]
        assert len(changed) == 2, changed
        assert changed[0][0].startswith(b"Revises: ")
        for pair in changed:
            rest = {re.sub(rb"""[(),'" ]|r\d\d[0-9a-f]|None""", b"", line) for line in pair}
            assert len(rest) == 1, pair


def move(rnd: random.Random, folder: Path, old: Model) -> Model:
    """Move a random revision onto another one, and return the model afterwards."""
    first, target = rnd.sample(sorted(old.parents), 2)
    new = None if target in old.above(first) else old.moved(first, target)
    before = contents(folder)
    try:
        done = run(config_of(folder), Request(first, onto=target))
    except CommandError as error:
        assert new is None, error
        assert contents(folder) == before
        return old
    assert new is not None
    assert list(done.heads) == new.heads()
    check_files(before, contents(folder), old, new)
    return new


def move_range(rnd: random.Random, folder: Path, old: Model) -> Model:
    """Move the revisions of a random range, and return the model afterwards, as the files are."""
    end = rnd.choice(sorted(old.parents))
    start = rnd.choice([*sorted(old.below([end])), ""])
    target = rnd.choice(sorted(old.parents))
    before = contents(folder)
    try:
        done = run(config_of(folder), Request(f"{start}:{end}", onto=target))
    except CommandError as error:
        assert re.search("onto itself|stands on none|make a circle", str(error)), error
        assert contents(folder) == before
        return old
    new = Model({**old.parents, **{m.revision: m.after for m in done.moves}}, old.needs)
    check_files(before, contents(folder), old, new)
    assert not new.has_circle()
    assert list(done.heads) == new.heads()
    if done.moves:
        moved = set(done.moved)
        assert end in moved
        for id in old.parents:
            if id in moved:
                kept = old.below([id]) & moved
                assert new.below([id]) >= {*kept, target}
            else:  # the gap is closed
                assert new.below([id]) - moved == old.below([id]) - moved
    return new


def move_onto_base(rnd: random.Random, folder: Path, old: Model) -> Model:
    """Move what a random base in Git does not have, and return the model afterwards, as the files are."""
    tops = rnd.sample(sorted(old.parents), rnd.randint(1, 2))
    base = old.below(tops, with_needs=True) | set(tops)
    moved = set(old.parents) - base
    for arguments in (
        ("init", "--quiet", "--initial-branch=main"),
        ("add", *(f"versions/{id}.py" for id in sorted(base))),
        ("-c", "user.name=a", "-c", "user.email=a@localhost", "commit", "--quiet", "-m", "x"),
    ):
        subprocess.run(["git", *arguments], cwd=folder, check=True)
    before = contents(folder)
    try:
        done = run(config_of(folder), Request())
    except CommandError as error:
        assert re.search("may move onto|make a circle", str(error)), error
        assert contents(folder) == before
        return old
    finally:
        shutil.rmtree(folder / ".git")
    new = Model({**old.parents, **{m.revision: m.after for m in done.moves}}, old.needs)
    check_files(before, contents(folder), old, new)
    heads = [id for id in base if not any(id in old.parents[other] for other in base)]
    for id in old.parents:
        if id in base:
            assert new.parents[id] == old.parents[id]
        else:
            assert new.below([id]) >= old.below([id])
            assert len(heads) > 1 or heads[0] in new.below([id])
    assert not new.has_circle()
    assert list(done.heads) == new.heads()
    assert len(new.heads()) <= len(old.heads())
    assert not moved or len(heads) > 1 or heads[0] not in new.heads()
    assert run_again_changes_nothing(folder, base)
    return new


def run_again_changes_nothing(folder: Path, base: set[str]) -> bool:
    before = contents(folder)
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main"], cwd=folder, check=True)
    subprocess.run(["git", "add", *(f"versions/{id}.py" for id in base)], cwd=folder, check=True)
    identity = ("-c", "user.name=a", "-c", "user.email=a@localhost")
    subprocess.run(["git", *identity, "commit", "--quiet", "-m", "x"], cwd=folder, check=True)
    run(config_of(folder), Request())
    shutil.rmtree(folder / ".git")
    return contents(folder) == before


def test_moves_are_those_of_a_model(random_cases: RandomCases, tmp_path: Path) -> None:
    deadline = time.monotonic() + 60 * random_cases.minutes
    number = 0
    limit = random_cases.cases
    while number < limit if limit is not None else time.monotonic() < deadline:
        made: list[tuple[Path, Model]] = []
        for _ in range(_BATCH):
            if number == limit:
                break
            rnd = random.Random(f"{random_cases.seed} rebase {number}")
            folder = tmp_path / f"case{number}"
            model = random_graph(rnd)
            write(rnd, folder, model)
            try:
                for _ in range(rnd.randint(1, 3)):
                    step = rnd.choice((move, move, move_range, move_onto_base))
                    model = step(rnd, folder, model)
            except Exception as error:
                raise AssertionError(f"--seed {random_cases.seed}: {folder}") from error
            made.append((folder, model))
            number += 1
        for (folder, model), (theirs, ours) in zip(
            made, described(random_cases, [folder for folder, _ in made]), strict=True
        ):
            expected = {id: sorted(parents) for id, parents in model.parents.items()}
            assert theirs["parents"] == expected, folder
            assert theirs["heads"] == model.heads(), folder
            assert ours["parents"] == expected, folder
            assert ours["heads"] == theirs["heads"], folder
            assert theirs["sql"] is not None or model.fails(), folder
            check_order(model, theirs["sql"], ours["sql"])
            shutil.rmtree(folder)
    assert number
