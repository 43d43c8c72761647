"""What the settings of safe execution cost: `upgrade head` of 1,000 realistic revisions on a new database."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from benches import projects
from benches.bench import Bench
from benches.databases import KINDS, text
from benches.measuring import Command, Sample
from benches.results import Row

TABLE = "journal"
_WHOLE = "sqlite_transactional_ddl = true\n"
_JOURNAL = "journal = true\n"
#: The settings of `[limbeck]` by the name of the row: those that it is compared with, and those that it has.
SETTINGS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "sqlite": {
        "transactional": ("", _WHOLE),
        "journal": ("", _JOURNAL),
        "journal-transactional": (_WHOLE, _JOURNAL + _WHOLE),
        "timeouts": ("", "lock_timeout = 2\nlock_retries = 5\n"),
    },
    "postgresql": {"journal": ("", _JOURNAL)},
    "mariadb": {"journal": ("", _JOURNAL)},
}


def measure(bench: Bench, revisions: int = 1000) -> Iterator[Row]:
    """Measure each setting: off and on, or with two revisions of limbeck if there is no Alembic."""
    current, _ = bench.current
    for kind, rows in SETTINGS.items():
        for name, (before, after) in rows.items():
            if not bench.wants(TABLE, f"{kind}-{name}", kind):
                continue
            if bench.has_alembic:
                sides = {
                    "off": _side(bench, current, kind, revisions, f"{name}-off", before),
                    "on": _side(bench, current, kind, revisions, name, after),
                }
            else:
                sides = {
                    title: _side(bench, title, kind, revisions, name, after)
                    for title in bench.programs
                }
            shown = f"{KINDS[kind]}, {_names(after.removesuffix(before))}"
            if before:
                shown += f" beside {_names(before)}"
            yield from bench.row(TABLE, f"{kind}-{name}", shown, sides)


def _names(settings: str) -> str:
    return ", ".join(f"`{line.split()[0]}`" for line in settings.splitlines())


@dataclass(frozen=True)
class _Upgrade:
    """An upgrade from base to head on an empty database."""

    bench: Bench
    kind: str
    command: Command

    def sample(self) -> Sample:
        with self.bench.databases.empty(self.kind, TABLE):
            return self.command.sample()

    def count(self) -> Sample:
        with self.bench.databases.empty(self.kind, TABLE):
            return self.command.count()


def _side(
    bench: Bench, title: str, kind: str, revisions: int, name: str, settings: str
) -> _Upgrade:
    folder: Path = bench.project(title, revisions, "mixed", purpose=f"journal-{kind}-{name}")
    with bench.databases.empty(kind, TABLE) as url:
        projects.set_url(folder, text(url), settings)
    return _Upgrade(bench, kind, bench.command(title, folder, "upgrade", "head"))
