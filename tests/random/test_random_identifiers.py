"""Random identifiers, ranges and targets on random graphs, against Alembic."""

from __future__ import annotations

import random
from typing import Any

from .driver import RandomCases, raised

COMMANDS = ("upgrade", "downgrade", "stamp", "show", "history")
LABELS = ("north", "south")


def make(rnd: random.Random) -> Any:
    """Return a few revisions, consistent version rows, and an identifier."""
    ids = [
        f"{rnd.choice(('same', 'a', 'ff'))}{n:02d}{rnd.getrandbits(8):x}"
        for n in range(rnd.choice((1, 2, 3, 5, 8)))
    ]
    nodes: list[Any] = []
    free = list(LABELS)
    for number, name in enumerate(ids):
        parents = rnd.sample(ids[:number], min(number, rnd.choice((0, 1, 1, 1, 1, 1, 2))))
        parents = [
            p for p in parents if not any(p in _ancestors(nodes, q) for q in parents if q != p)
        ]
        others = [other for other in ids[:number] if other not in parents]
        needed = [rnd.choice(others)] if others and rnd.random() < 0.15 else []
        labels = [free.pop()] if free and rnd.random() < 0.2 else []
        nodes.append([name, parents, needed, labels])
    rows = rnd.sample(ids, rnd.randrange(min(3, len(ids)) + 1))
    rows = [
        row
        for row in rows
        if not any(row in _ancestors(nodes, other) for other in rows if other != row)
    ]
    command = rnd.choice(COMMANDS)
    taken = [label for node in nodes for label in node[3]]

    def identifier() -> str:
        return _identifier(rnd, ids, taken)

    typed: Any = identifier()
    if command == "history":
        typed = [rnd.choice(("", identifier())), rnd.choice(("", identifier()))]
    elif command in ("stamp", "show") and rnd.random() < 0.3:
        typed = [identifier() for _ in range(rnd.choice((1, 2, 2, 3)))]
    rnd.shuffle(nodes)
    return {"nodes": nodes, "rows": rows, "command": command, "name": typed}


def _ancestors(nodes: list[Any], name: str) -> set[str]:
    """Return the revisions that a revision revises or depends on, directly or not."""
    found: set[str] = set()
    parents = {node[0]: [*node[1], *node[2]] for node in nodes}
    pending = list(parents.get(name, []))
    while pending:
        other = pending.pop()
        if other not in found:
            found.add(other)
            pending += parents.get(other, [])
    return found


def _identifier(rnd: random.Random, ids: list[str], labels: list[str]) -> str:
    """Return an identifier, which may be invalid."""
    names = ids + labels
    symbol = rnd.choice([*names, "head", "heads", "base"])
    steps = rnd.choice("+-") + str(rnd.choice((0, 1, 1, 2, 3, 9)))
    return rnd.choice(
        (
            rnd.choice(names),
            symbol,
            symbol,
            rnd.choice(names)[: rnd.choice((1, 2, 3, 4, 5))],
            f"{rnd.choice(names)}@{symbol}",
            steps,
            symbol + steps,
            f"{rnd.choice(names)}@{rnd.choice(('', symbol))}{steps}",
            rnd.choice(
                (
                    "",
                    "@",
                    "@head",
                    "@-1",
                    "@+1",
                    "north@",
                    "unknown",
                    "unknown@head",
                    "-",
                    "+",
                    "a b",
                    "current",
                )
            ),
        )
    )


def better(case: Any, ours: Any, theirs: Any) -> str | None:
    refused = raised(ours) == "alembic.util.exc.CommandError"
    names = case["name"] if isinstance(case["name"], list) else [case["name"]]
    if refused and any(name.startswith("@") for name in names):
        return (
            "with nothing before the @, Alembic assumes a branch without revisions and does nothing"
        )
    return None


def test_identifiers_lead_to_the_same_steps(random_cases: RandomCases) -> None:
    random_cases.compare("identifiers", make, better=better)
