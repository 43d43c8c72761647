"""The result of `status` and `wait`, with its exit status."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from limbeck import _core
from limbeck.script._squashed import PrunedError
from limbeck.state.errors import VersionTableUnreadable

if TYPE_CHECKING:
    from limbeck.script import ScriptDirectory

State = Literal["at-head", "behind", "ahead", "diverged", "unstamped", "no-revisions"]
Route = Literal["native", "sqlite3", "sqlalchemy", "env.py"]

#: The exit statuses of `alembic status` and `alembic wait`. 7 and 8 are in `limbeck.state.errors`.
EXIT_STATUS: dict[State, int] = {
    "at-head": 0,
    "behind": 3,
    "ahead": 4,
    "diverged": 5,
    "unstamped": 6,
    "no-revisions": 9,
}


class Recorded(NamedTuple):
    """The content of a version table.

    :ivar rows: the rows, sorted.
    :ivar route: how the table was read.
    :ivar note: for the route `sqlalchemy`, why no faster reader was used; otherwise `None`.
    :ivar database: the database's name for messages, without user or password.
    :ivar has_table: whether there is a version table.
    """

    rows: tuple[str, ...]
    route: Route
    note: str | None
    database: str
    has_table: bool


class Status(NamedTuple):
    """The state of a database relative to the revision files of a project.

    :ivar state: one word. `ahead`: the database has a revision without a file, and no revision is known to be pending. `no-revisions`: there are
        no revision files, and no revision is recorded.
    :ivar applied: the rows of the version table.
    :ivar heads: the heads of the revision files.
    :ivar pending: the revisions that an upgrade would run, in order.
    :ivar unknown: rows without a revision file.
    :ivar redundant: rows whose revision is an ancestor of another row's.
    :ivar squashed: rows whose revision a squash has replaced. The old files bring the database to the squash.
    :ivar pruned: where those files are gone, what is missing, and what to do; otherwise `None`.
    :ivar route: how the version table was read: `native`, `sqlite3`, `sqlalchemy` or `env.py`.
    :ivar note: for the route `sqlalchemy`, why no faster reader was used; otherwise `None`.
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
    squashed: tuple[str, ...] = ()
    pruned: tuple[str, str] | None = None

    @property
    def at_head(self) -> bool:
        """Whether all revisions are applied, and no row is unknown or redundant."""
        return self.state == "at-head"

    @property
    def exit_status(self) -> int:
        """The exit status of `alembic status`."""
        return EXIT_STATUS[self.state]


def compare(script: ScriptDirectory, recorded: Recorded) -> Status:
    """Compare the version table of a database with the revision files, and return the status."""
    files = script.revision_map
    pruned = None
    try:
        revisions = script._revisions_for(recorded.rows)
    except PrunedError as error:
        revisions, pruned = files, (error.what, error.hint)
    state, unknown, redundant, pending = _core.status(revisions._graph, list(recorded.rows))
    replaced = (row for row in recorded.rows if files._graph.index(row) is None)
    return Status(
        # It is not ahead, and no upgrade here brings it to the head.
        state="diverged" if pruned is not None else state,
        applied=recorded.rows,
        heads=tuple(files.heads),
        pending=tuple(pending),
        unknown=tuple(unknown),
        redundant=tuple(redundant),
        route=recorded.route,
        note=recorded.note,
        database=recorded.database,
        squashed=tuple(row for row in replaced if revisions._graph.index(row) is not None),
        pruned=pruned,
    )


def includes(script: ScriptDirectory, rows: Sequence[str], revision: str) -> bool:
    """Return whether a database with these rows has applied a revision."""
    graph = script._revisions_for(rows, revision)._graph
    return _core.status_includes(graph, list(rows), revision)


def rows_as_strings(rows: Sequence[Any], table: str, database: str) -> list[str]:
    """Return the values of version rows as strings.

    :raises VersionTableUnreadable: a row is NULL.
    """
    if any(row is None for row in rows):
        raise VersionTableUnreadable(
            f"{database}: the version table {table} holds a NULL row",
            "delete that row; `alembic current` shows what remains",
        )
    return [str(row) for row in rows]
