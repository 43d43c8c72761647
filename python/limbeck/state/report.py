"""Formats a status: as text for people, as JSON for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from limbeck.state.errors import DatabaseError
from limbeck.util._words import counted

if TYPE_CHECKING:
    from limbeck.script import Script, ScriptDirectory
    from limbeck.script.revision import RevisionMap
    from limbeck.state.types import Status

#: The number of pending revisions that are listed without -v.
_FEW = 5


def as_text(status: Status, script: ScriptDirectory, verbose: bool = False) -> str:
    """Return a status as lines of text: the state first, then the details."""
    lines = [summary(status)]
    lines.append(f"  applied: {_ids(status.applied)}")
    lines.append(f"  heads:   {_ids(status.heads)}")
    if status.pending:
        if verbose:
            lines.append("  pending:")
            revisions = script._revisions_for(status.squashed)
            lines.extend(f"    {_with_doc(revisions, revision)}" for revision in status.pending)
        else:
            more = len(status.pending) - _FEW
            tail = f" and {more} more" if more > 0 else ""
            lines.append(f"  pending: {', '.join(status.pending[:_FEW])}{tail}")
    if verbose:
        lines.append(f"  database: {status.database}")
        lines.append(f"  read:    {_ROUTES[status.route]}")
    if status.squashed:
        lines.append(f"note: {_ids(status.squashed)} was squashed; an upgrade runs the old files")
    if status.note is not None:
        lines.append(f"note: {_ROUTES[status.route]}, since {status.note}")
    if hint := advice(status):
        lines.append(f"hint: {hint}")
    return "\n".join(lines)


#: How the version table was read, by route.
_ROUTES = {
    "native": "natively",
    "sqlite3": "with Python's sqlite3",
    "sqlalchemy": "read through SQLAlchemy",
    "env.py": "read by running env.py",
}


def summary(status: Status) -> str:
    """Return the state in one line, with what it is about."""
    if status.state == "at-head":
        return "at head"
    if status.state == "behind":
        return f"behind: {_count(status.pending)} pending"
    if status.state == "unstamped":
        return f"unstamped: no revision is recorded, {_count(status.pending)} pending"
    if status.state == "no-revisions":
        return "no revisions: there are no revision files"
    if status.state == "ahead":
        return f"ahead: the revision files do not know {_ids(status.unknown)}"
    if status.pruned is not None:
        return f"diverged: {status.pruned[0]}"
    if status.redundant:
        return f"diverged: {_ids(status.redundant)} is recorded beside a revision that follows it"
    return (
        f"diverged: the revision files do not know {_ids(status.unknown)}, "
        f"and {_count(status.pending)} of theirs pending"
    )


def advice(status: Status) -> str | None:
    """Return what to do next; `None` if that is obvious."""
    if status.pruned is not None:
        return status.pruned[1]
    if status.state == "ahead":
        return "deploy the build that has these revisions, or downgrade with that build first"
    if status.state == "diverged" and status.unknown:
        return "merge the two lines of revisions in one build, and deploy that"
    if status.state == "diverged":
        return "`alembic stamp --purge` with the revisions that are really there"
    if status.state == "no-revisions":
        return "`alembic revision` writes the first one; a build with migrations has lost its version location"
    if status.state == "behind":
        return "`alembic upgrade heads`" if len(status.heads) > 1 else None
    if status.state == "unstamped":
        head = "head" if len(status.heads) == 1 else "heads"
        return f"`alembic upgrade {head}` for an empty database, `alembic stamp` for one that has its tables"
    return None


def _count(revisions: tuple[str, ...]) -> str:
    return counted(len(revisions), "revision")


def _ids(revisions: tuple[str, ...]) -> str:
    return ", ".join(revisions) or "(none)"


def _with_doc(revisions: RevisionMap, revision: str) -> str:
    doc = cast("Script", revisions.get_revision(revision)).doc
    return f"{revision} {doc}".rstrip()


def as_json(status: Status) -> str:
    """Return a JSON object on one line, with the fields of `Status` and the exit status."""
    return _dump({**status._asdict(), "exit_status": status.exit_status})


def error_as_json(error: DatabaseError) -> str:
    """Return a JSON object on one line, with the error's kind as `state`."""
    return _dump(
        {
            "state": error.kind,
            "error": error.message,
            "hint": error.hint,
            "exit_status": error.exit_status,
        }
    )


def _dump(value: dict[str, Any]) -> str:
    import json

    return json.dumps(value)
