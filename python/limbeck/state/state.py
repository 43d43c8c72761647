"""Where a database stands: the typed answer of `status` and `wait`, and the exit status of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from limbeck import _core

if TYPE_CHECKING:
    from limbeck.script import ScriptDirectory

State = Literal["at-head", "behind", "ahead", "diverged", "unstamped"]
Route = Literal["native", "sqlite3", "sqlalchemy", "env.py"]

#: What `alembic status` and `alembic wait` end with. 7 and 8 belong to `limbeck.state.errors`.
EXIT_STATUS: dict[State, int] = {
    "at-head": 0,
    "behind": 3,
    "ahead": 4,
    "diverged": 5,
    "unstamped": 6,
}


class Recorded(NamedTuple):
    """What a version table holds.

    :ivar rows: its rows, sorted.
    :ivar route: how it was read.
    :ivar note: why it was not read natively; `None` where it was.
    :ivar database: the database's name for messages, without user or password.
    """

    rows: tuple[str, ...]
    route: Route
    note: str | None
    database: str


class Status(NamedTuple):
    """Where a database stands, seen from the revision files of this project.

    :ivar state: in one word; `ahead` means that the database holds a revision that these files do not know.
    :ivar applied: the rows of the version table.
    :ivar heads: the heads of the revision files.
    :ivar pending: the revisions that an upgrade would run, in order.
    :ivar unknown: rows that are no revision of these files.
    :ivar redundant: rows that another row follows.
    :ivar route: how the version table was read: `native`, `sqlite3`, `sqlalchemy` or `env.py`.
    :ivar note: why Python had to be asked; `None` otherwise.
    :ivar database: the database's name for messages, without user or password.
    """

    state: State
    applied: tuple[str, ...]
    heads: tuple[str, ...]
    pending: tuple[str, ...]
    unknown: tuple[str, ...]
    redundant: tuple[str, ...]
    route: Route
    note: str | None
    database: str

    @property
    def at_head(self) -> bool:
        """Whether there is nothing to do."""
        return self.state == "at-head"

    @property
    def exit_status(self) -> int:
        """What `alembic status` ends with."""
        return EXIT_STATUS[self.state]


def judge(script: ScriptDirectory, recorded: Recorded) -> Status:
    """Compare what a database records with the revision files."""
    revisions = script.revision_map
    found = _core.status(revisions._graph, list(recorded.rows))
    state, unknown, redundant, pending = found
    return Status(
        state=state,
        applied=recorded.rows,
        heads=tuple(revisions.heads),
        pending=tuple(pending),
        unknown=tuple(unknown),
        redundant=tuple(redundant),
        route=recorded.route,
        note=recorded.note,
        database=recorded.database,
    )


def includes(script: ScriptDirectory, rows: Sequence[str], revision: str) -> bool:
    """Whether a database with these rows has a revision applied."""
    return _core.status_includes(script.revision_map._graph, list(rows), revision)
