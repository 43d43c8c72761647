"""Random revision graphs and random ranges: files, graph and SQL after a squash are those of a simple model."""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path

from limbeck.script import ScriptDirectory
from limbeck.squashing.squash import Request, run
from limbeck.util.exc import CommandError
from support.repositories import MAKO

from .driver import RandomCases
from .graphs import Model, check_order, config_of, described, random_graph, write

#: Projects that one call of Alembic describes.
_BATCH = 40


def range_of(model: Model, first: str, last: str) -> list[str] | None:
    """Return the revisions from one to another that one revision can replace; `None` if it cannot."""
    chain = [last]
    while chain[-1] != first:
        if len(model.parents[chain[-1]]) != 1:
            return None
        chain.append(model.parents[chain[-1]][0])
    chain.reverse()
    for id in chain[:-1]:
        if any(id in (*model.parents[o], *model.needs[o]) for o in model.parents if o not in chain):
            return None
    if any(set(model.needs[id]) - set(chain) for id in chain[1:]):
        return None
    return chain if len(chain) > 1 else None


def squashed(model: Model, chain: list[str]) -> Model:
    """Return the graph in which the last revision of a range replaces it."""
    first, last = chain[0], chain[-1]
    parents = {id: found for id, found in model.parents.items() if id not in chain[:-1]}
    needs = {id: found for id, found in model.needs.items() if id not in chain[:-1]}
    return Model({**parents, last: model.parents[first]}, {**needs, last: model.needs[first]})


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.py")}


def steps(folder: Path, row: str) -> list[str]:
    """Return the revisions that an upgrade runs from a row of the version table."""
    script = ScriptDirectory.from_config(config_of(folder))
    return [step.revision.revision for step in script._upgrade_revs("heads", (row,))]


def squash(rnd: random.Random, folder: Path, model: Model) -> Model:
    """Squash a random range, and return the model afterwards."""
    last = rnd.choice(sorted(model.parents))
    first = rnd.choice([*sorted(model.below([last])), last])
    chain = range_of(model, first, last)
    versions = folder / "versions"
    before = files_in(versions)
    inside = rnd.choice(chain[:-1]) if chain else first
    planned = set(steps(folder, inside))
    try:
        done = run(config_of(folder), Request(f"{first}:{last}", mode="concat"))
    except CommandError as error:
        assert chain is None, error
        assert files_in(versions) == before
        return model
    assert chain is not None
    assert list(done.replaced) == chain
    after = files_in(versions)
    moved = files_in(Path(done.folder))
    in_range = {
        script for script in before if script not in after or before[script] != after[script]
    }
    assert {name: before[name] for name in in_range} == moved
    assert len(moved) == len(chain)
    assert set(after) - set(before) <= {Path(done.path).name}
    # A database inside of the range runs the rest of it, and what it would have run.
    rest = set(steps(folder, inside))
    assert rest - set(chain) == planned - set(chain)
    assert rest & set(chain) == set(chain[chain.index(inside) + 1 :])
    return squashed(model, chain)


def check_inside(rnd: random.Random, folder: Path, original: Model, model: Model) -> None:
    """Check the upgrade of a database at a revision that a squash has replaced, or a squash of squashes."""
    gone = set(original.parents) - set(model.parents)
    if not gone:
        return
    row = rnd.choice(sorted(gone))
    expected = set(original.parents) - original.below([row], with_needs=True) - {row}
    found = steps(folder, row)
    assert set(found) <= expected
    assert expected - set(found) <= gone
    assert len(found) == len(set(found))


def test_squashes_are_those_of_a_model(random_cases: RandomCases, tmp_path: Path) -> None:
    deadline = time.monotonic() + 60 * random_cases.minutes
    number = squashes = 0
    limit = random_cases.cases
    while number < limit if limit is not None else time.monotonic() < deadline:
        made: list[tuple[Path, Model, Model]] = []
        for _ in range(_BATCH):
            if number == limit:
                break
            rnd = random.Random(f"{random_cases.seed} squash {number}")
            folder = tmp_path / f"case{number}"
            original = model = random_graph(rnd, linear=0.7)
            write(rnd, folder, model)
            (folder / "script.py.mako").write_text(MAKO)
            try:
                for _ in range(rnd.randint(1, 6)):
                    found = squash(rnd, folder, model)
                    squashes += found is not model
                    model = found
                    check_inside(rnd, folder, original, model)
            except Exception as error:
                raise AssertionError(f"--seed {random_cases.seed}: {folder}") from error
            made.append((folder, original, model))
            number += 1
        descriptions = described(random_cases, [folder for folder, _, _ in made])
        for (folder, original, model), (theirs, ours) in zip(made, descriptions, strict=True):
            expected = {id: sorted(parents) for id, parents in model.parents.items()}
            assert theirs["parents"] == expected, folder
            assert theirs["heads"] == model.heads() == original.heads(), folder
            assert ours["parents"] == expected, folder
            assert ours["heads"] == theirs["heads"], folder
            assert theirs["sql"] is not None or model.fails(), folder
            check_order(original, theirs["sql"], ours["sql"])
            shutil.rmtree(folder)
    assert squashes >= number / 3
