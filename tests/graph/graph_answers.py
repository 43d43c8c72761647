"""Query random revision maps and print the answers; runs on limbeck and on Alembic.

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


def random_nodes(rnd: random.Random) -> list[Node]:
    """Return up to 13 revisions in random order."""
    count = rnd.choice((1, 2, 3, 5, 8, 13))
    ids = [
        f"{rnd.choice(('same', 'a', 'ff'))}{number:02d}{rnd.getrandbits(8):x}"
        for number in range(count)
    ]
    free = list(LABELS)
    nodes: list[Node] = []
    for number, name in enumerate(ids):
        parents: tuple[str, ...] = ()
        needed: tuple[str, ...] = ()
        labels: tuple[str, ...] = ()
        if number and rnd.random() < 0.85:
            pool = ids[max(0, number - 5) : number]
            parents = tuple(rnd.sample(pool, min(len(pool), rnd.choice((1, 1, 1, 1, 2, 3)))))
        if number and rnd.random() < 0.25:
            # Alembic visits several dependencies of one revision in any order.
            used = [node[3][0] for node in nodes if node[3]]
            needed = (rnd.choice(ids[:number] + used),)
        if free and rnd.random() < 0.2:
            labels = (free.pop(),)
        nodes.append((name, parents, needed, labels))
    rnd.shuffle(nodes)
    return nodes


def random_name(rnd: random.Random, ids: list[str], labels: list[str]) -> str:
    names = ids + labels
    symbol = rnd.choice([*names, "head", "heads", "base"])
    steps = rnd.choice("+-") + str(rnd.choice((0, 1, 1, 2, 3)))
    return rnd.choice(
        (
            rnd.choice(names),
            symbol,
            rnd.choice(names)[: rnd.choice((2, 3, 4, 5))],
            f"{rnd.choice(names)}@{symbol}",
            steps,
            symbol + steps,
            f"{rnd.choice(names)}@{rnd.choice(('', symbol))}{steps}",
            "unknown",
            "unknown@head",
        )
    )


def build(nodes: list[Node]) -> RevisionMap:
    def revision(
        name: str, parents: tuple[str, ...], needed: tuple[str, ...], labels: tuple[str, ...]
    ) -> Revision:
        made: Any = Revision(name, parents or None, needed or None, labels or None)
        made.module = types.SimpleNamespace(upgrade=lambda: None, downgrade=lambda: None)
        made.doc = ""
        return cast(Revision, made)

    return RevisionMap(lambda: [revision(*node) for node in nodes])


def answer(question: Callable[[], object]) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = repr(question())
        except Exception as error:  # noqa: BLE001 - whatever is raised is an answer
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
    rnd: random.Random, revisions: RevisionMap, nodes: list[Node]
) -> Iterator[tuple[str, Callable[[], object]]]:
    ids = [node[0] for node in nodes]
    labels = [label for node in nodes for label in node[3]]
    yield (
        "ends",
        lambda: (revisions.heads, revisions.bases, revisions._real_heads, revisions._real_bases),
    )
    yield "all", lambda: [describe(revisions.get_revision(name)) for name in ids]

    def way(upper: Any, lower: Any, **options: Any) -> list[Any]:
        return ids_of(revisions.iterate_revisions(upper, lower, **options))

    for _ in range(10):
        name, other = random_name(rnd, ids, labels), random_name(rnd, ids, labels)
        if "-" in other or "+" in other:
            name = rnd.choice(ids)  # Alembic is lost when both ends are counted from each other
        rows = tuple(rnd.sample(ids, min(len(ids), rnd.choice((0, 1, 1, 2)))))
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
                    partial(way, upper, lower, select_for_downgrade=down, **options),
                )


def travel(
    rnd: random.Random, revisions: RevisionMap, nodes: list[Node]
) -> Iterator[tuple[str, list[str]]]:
    """Upgrade and downgrade, each from the end of the run before, and yield the rows after each step."""
    ids = [node[0] for node in nodes]
    labels = [label for node in nodes for label in node[3]]
    rows: set[str] = set()
    for _ in range(6):
        up = rnd.random() < 0.6
        target = rnd.choice((random_name(rnd, ids, labels), "heads" if up else "base"))
        start = tuple(sorted(rows))
        told: list[tuple[str, list[str]]] = []

        def run(
            up: bool = up,
            target: str = target,
            start: tuple[str, ...] = start,
            told: list[tuple[str, list[str]]] = told,
        ) -> object:
            if up:
                found = revisions.iterate_revisions(target, start, implicit_base=True)
                way = list(found)[::-1]
            else:
                way = list(revisions.iterate_revisions(start, target, select_for_downgrade=True))
            keeper = HeadMaintainer(mock.Mock(as_sql=True), start)
            rev: Any
            for rev in way:
                keeper.update_to_step(RevisionStep(revisions, rev, up))
                told.append((rev.revision, sorted(keeper.heads)))
            return told

        found = answer(run)
        crashed = not found[0].startswith("[")
        yield f"{'up' if up else 'down'} to {target} from {start}", found
        if crashed and told:
            return  # half-way through: nothing sensible follows
        if not crashed and told:
            rows = set(told[-1][1])


def main(seed: str, count: int) -> None:
    for number in range(count):
        rnd = random.Random(f"{seed}/{number}")
        nodes = random_nodes(rnd)
        revisions = build(nodes)
        for question, ask in questions(rnd, revisions, nodes):
            print(json.dumps([str(nodes), question, answer(ask)]))
        for question, found in travel(rnd, revisions, nodes):
            print(json.dumps([str(nodes), question, found]))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
