"""Query random revision maps and print the answers; runs with limbeck and with Alembic.

`python graph_answers.py SEED COUNT` prints a JSON line for each query of COUNT random maps.
"""

import json
import random
import sys
import types
import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, cast
from unittest import mock

from alembic.migration import HeadMaintainer, RevisionStep
from alembic.script.revision import Revision, RevisionMap

LABELS = ("north", "south", "east")
#: A revision: its identifier, parents, dependencies and labels.
Node = tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...]]
OPTIONS: tuple[dict[str, bool], ...] = (
    {},
    {"implicit_base": True},
    {"inclusive": True},
    {"inclusive": True, "assert_relative_length": False},
)


def random_nodes(rng: random.Random) -> list[Node]:
    """Return up to 13 revisions in random order."""
    count = rng.choice((1, 2, 3, 5, 8, 13))
    ids = [
        f"{rng.choice(('same', 'a', 'ff'))}{number:02d}{rng.getrandbits(8):x}"
        for number in range(count)
    ]
    free_labels = list(LABELS)
    nodes: list[Node] = []
    for number, name in enumerate(ids):
        parents: tuple[str, ...] = ()
        dependencies: tuple[str, ...] = ()
        labels: tuple[str, ...] = ()
        if number and rng.random() < 0.85:
            pool = ids[max(0, number - 5) : number]
            parents = tuple(rng.sample(pool, min(len(pool), rng.choice((1, 1, 1, 1, 2, 3)))))
        if number and rng.random() < 0.25:
            # At most one, because Alembic visits several dependencies of one revision in any order.
            used_labels = [node[3][0] for node in nodes if node[3]]
            dependencies = (rng.choice(ids[:number] + used_labels),)
        if free_labels and rng.random() < 0.2:
            labels = (free_labels.pop(),)
        nodes.append((name, parents, dependencies, labels))
    rng.shuffle(nodes)
    return nodes


def random_identifier(rng: random.Random, ids: list[str], labels: list[str]) -> str:
    """Return an identifier as a user types it, valid or not."""
    names = ids + labels
    symbol = rng.choice([*names, "head", "heads", "base"])
    steps = rng.choice("+-") + str(rng.choice((0, 1, 1, 2, 3)))
    return rng.choice(
        (
            rng.choice(names),
            symbol,
            rng.choice(names)[: rng.choice((2, 3, 4, 5))],
            f"{rng.choice(names)}@{symbol}",
            steps,
            symbol + steps,
            f"{rng.choice(names)}@{rng.choice(('', symbol))}{steps}",
            "unknown",
            "unknown@head",
        )
    )


def build(nodes: list[Node]) -> RevisionMap:
    def revision(
        name: str, parents: tuple[str, ...], dependencies: tuple[str, ...], labels: tuple[str, ...]
    ) -> Revision:
        node_revision: Any = Revision(name, parents or None, dependencies or None, labels or None)
        node_revision.module = types.SimpleNamespace(upgrade=lambda: None, downgrade=lambda: None)
        node_revision.doc = ""
        return cast(Revision, node_revision)

    return RevisionMap(lambda: [revision(*node) for node in nodes])


def answer(question: Callable[[], object]) -> list[str]:
    """Return the result or the exception of a query as text, and its warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = repr(question())
        except Exception as error:  # noqa: BLE001 - any exception is an answer
            found = f"{type(error).__name__}: {error}"
    return [found, *(str(warning.message) for warning in caught)]


def ids_of(revisions: Iterable[Any]) -> list[Any]:
    return [None if rev is None else getattr(rev, "revision", rev) for rev in revisions]


def describe(rev: Any) -> tuple[object, ...]:
    return (
        rev.revision,
        sorted(rev.branch_labels),
        sorted(rev.nextrev),
        sorted(rev._all_nextrev),
        rev._normalized_down_revisions,
    )


def questions(
    rng: random.Random, revisions: RevisionMap, nodes: list[Node]
) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield queries of a revision map, each with its name."""
    ids = [node[0] for node in nodes]
    labels = [label for node in nodes for label in node[3]]
    yield (
        "ends",
        lambda: (revisions.heads, revisions.bases, revisions._real_heads, revisions._real_bases),
    )
    yield "all", lambda: [describe(revisions.get_revision(name)) for name in ids]

    def range_between(upper: Any, lower: Any, **options: Any) -> list[Any]:
        return ids_of(revisions.iterate_revisions(upper, lower, **options))

    for _ in range(10):
        name, other = random_identifier(rng, ids, labels), random_identifier(rng, ids, labels)
        if "-" in other or "+" in other:
            # Alembic cannot resolve two ends that are relative to each other.
            name = rng.choice(ids)
        rows = tuple(rng.sample(ids, min(len(ids), rng.choice((0, 1, 1, 2)))))
        yield f"one {name}", partial(lambda name: ids_of([revisions.get_revision(name)]), name)
        yield f"several {name}", partial(lambda name: ids_of(revisions.get_revisions(name)), name)
        yield f"line {name}", partial(revisions.filter_for_lineage, ids, name, True)
        for options in OPTIONS:
            for upper, lower, down in (
                (name, rows, False),
                (name, other, False),
                (rows, name, True),
            ):
                yield (
                    f"from {upper} to {lower}, {options}, down: {down}",
                    partial(range_between, upper, lower, select_for_downgrade=down, **options),
                )


def run_migrations(
    rng: random.Random, revisions: RevisionMap, nodes: list[Node]
) -> Iterator[tuple[str, list[str]]]:
    """Run upgrades and downgrades, each from the rows of the one before, and yield the version rows after each step."""
    ids = [node[0] for node in nodes]
    labels = [label for node in nodes for label in node[3]]
    rows: set[str] = set()
    for _ in range(6):
        up = rng.random() < 0.6
        target = rng.choice((random_identifier(rng, ids, labels), "heads" if up else "base"))
        start = tuple(sorted(rows))
        steps: list[tuple[str, list[str]]] = []

        def run(
            up: bool = up,
            target: str = target,
            start: tuple[str, ...] = start,
            steps: list[tuple[str, list[str]]] = steps,
        ) -> object:
            if up:
                found = revisions.iterate_revisions(target, start, implicit_base=True)
                path = list(found)[::-1]
            else:
                path = list(revisions.iterate_revisions(start, target, select_for_downgrade=True))
            maintainer = HeadMaintainer(mock.Mock(as_sql=True), start)
            rev: Any
            for rev in path:
                maintainer.update_to_step(RevisionStep(revisions, rev, up))
                steps.append((rev.revision, sorted(maintainer.heads)))
            return steps

        found = answer(run)
        failed = not found[0].startswith("[")
        yield f"{'up' if up else 'down'} to {target} from {start}", found
        if failed and steps:
            return  # the run stopped half-way, so its rows are no start for another run
        if not failed and steps:
            rows = set(steps[-1][1])


def main(seed: str, count: int) -> None:
    for number in range(count):
        rng = random.Random(f"{seed}/{number}")
        nodes = random_nodes(rng)
        revisions = build(nodes)
        for question, ask in questions(rng, revisions, nodes):
            print(json.dumps([str(nodes), question, answer(ask)]))
        for question, found in run_migrations(rng, revisions, nodes):
            print(json.dumps([str(nodes), question, found]))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
