"""Random revision graphs: a model of them, their files, and what Alembic and limbeck say about these."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from limbeck.config import Config

from .driver import RandomCases

_ENV = """\
from alembic import context
context.configure(url="sqlite://", literal_binds=True)
with context.begin_transaction():
    context.run_migrations()
"""
_HEADERS = (
    "revision = '{id}'\ndown_revision = {down}\n",
    "revision: str = '{id}'\ndown_revision: Union[str, Sequence[str], None] = {down}  # x\n",
    'down_revision = (\n    {down}\n)\nrevision = "{id}"\n',
    "revision, down_revision = '{id}', {down}\n",
)
_FILE = '''\
"""make {id}

Revision ID: {id}
Revises: {revises}
"""
from typing import Sequence, Union
from alembic import op

# {word}
{header}branch_labels = None
depends_on = {needs}


def upgrade():
    op.execute("SELECT '{id}'")


def downgrade():
    pass
'''


@dataclass
class Model:
    """A graph: the parents and the dependencies of each revision."""

    parents: dict[str, tuple[str, ...]] = field(default_factory=dict)
    needs: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def below(self, ids: Iterable[str], *, with_needs: bool = False) -> set[str]:
        """Return what is reached from revisions, without those themselves unless they are reached."""
        found: set[str] = set()
        waiting = list(ids)
        while waiting:
            id = waiting.pop()
            for other in (*self.parents[id], *(self.needs[id] if with_needs else ())):
                if other not in found:
                    found.add(other)
                    waiting.append(other)
        return found

    def above(self, id: str) -> set[str]:
        return {other for other in self.parents if id in self.below([other])} | {id}

    def has_circle(self) -> bool:
        return any(id in self.below([id], with_needs=True) for id in self.parents)

    def fails(self) -> bool:
        """Return whether Alembic may fail: of two dependencies, or three of these and parents, one stands on another."""
        for id, needs in self.needs.items():
            named = {*self.parents[id], *needs}
            if (
                needs
                and (len(needs) > 1 or len(named) > 2)
                and not self.below(named, with_needs=True).isdisjoint(named)
            ):
                return True
        return False

    def heads(self) -> list[str]:
        inner = {parent for parents in self.parents.values() for parent in parents}
        return sorted(set(self.parents) - inner)

    def moved(self, first: str, target: str) -> Model | None:
        """Return the graph in which a revision stands on another one; `None` if that is impossible."""
        old = self.parents[first]
        lower = self.below([target]) | {target}
        new = tuple(dict.fromkeys(target if p in lower else p for p in old))
        if len(old) < 2:
            new = (target,)
        elif lower.isdisjoint(old):
            return None
        found = Model({**self.parents, first: new}, self.needs)
        if found.has_circle():
            return None
        for id in self.above(first):
            parents = found.parents[id]
            found.parents[id] = tuple(p for p in parents if p not in found.below(parents))
        return found


def random_graph(rnd: random.Random, *, linear: float = 0) -> Model:
    """Return a random graph.

    :param linear: the probability that a revision stands on the one before.
    """
    model = Model()
    for number in range(rnd.randint(2, 14)):
        id = f"r{number:02}{rnd.randrange(16):x}"
        before = list(model.parents)
        count = rnd.choice((1, 1, 1, 1, 2, 3)) if rnd.random() < 0.95 else 0
        parents = rnd.sample(before, min(count, len(before)))
        if before and rnd.random() < linear:
            parents = before[-1:]
        # A parent below another one is redundant, and would be refused or tolerated by chance.
        parents = [p for p in parents if p not in model.below(parents)]
        others = [id for id in before if id not in parents]
        needs = rnd.sample(others, min(len(others), rnd.choice((0, 0, 0, 0, 1, 2))))
        model.parents[id] = tuple(parents)
        model.needs[id] = tuple(needs)
    return model


def write(rnd: random.Random, folder: Path, model: Model) -> None:
    versions = folder / "versions"
    versions.mkdir(parents=True)
    (folder / "env.py").write_text(_ENV)
    for id, parents in model.parents.items():
        one = len(parents) == 1 and rnd.random() < 0.8
        quoted = [rnd.choice(("'{}'", '"{}"')).format(parent) for parent in parents]
        down = quoted[0] if one else f"({', '.join(quoted)},)" if parents else "None"
        needs = model.needs[id]
        text = _FILE.format(
            id=id,
            revises=", ".join(parents),
            word=rnd.choice(("é", "日", "x")),
            header=rnd.choice(_HEADERS).format(id=id, down=down),
            needs=repr(needs[0] if len(needs) == 1 else needs or None),
        )
        newline = rnd.choice(("\n", "\n", "\r\n"))
        encoding = rnd.choice(("utf-8", "utf-8", "utf-8-sig"))
        (versions / f"{id}.py").write_bytes(text.replace("\n", newline).encode(encoding))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.stem: path.read_bytes() for path in (folder / "versions").glob("*.py")}


def config_of(folder: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(folder))
    return config


def described(cases: RandomCases, folders: list[Path]) -> list[tuple[Any, Any]]:
    """Return what Alembic and limbeck say about projects."""
    script = Path(__file__).with_name("run_graph.py")
    sides = []
    for program in (cases.reference, cases.limbeck):
        done = program.python(script.parent, str(script), *map(str, folders))
        assert done.returncode == 0, done.stderr
        sides.append([json.loads(line) for line in done.stdout.splitlines()])
    return list(zip(*sides, strict=True))


def check_order(model: Model, *scripts: str | None) -> None:
    """Check that SQL scripts run every revision after those that it needs.

    The order of branches, and which row of a merge is deleted, follow from the order of a set.
    """
    for sql in filter(None, scripts):
        order = re.findall("SELECT '(r..[0-9a-f])'", sql)
        assert sorted(order) == sorted(model.parents)
        for place, id in enumerate(order):
            assert model.below([id], with_needs=True) <= set(order[:place])
