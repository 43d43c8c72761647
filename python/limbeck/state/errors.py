"""Why the state of a database could not be told. No message here ever holds a password."""

from limbeck.util.exc import CommandError


class DatabaseError(CommandError):
    """The state of the database could not be told.

    :ivar kind: one word for programs, `unreachable` for instance.
    :ivar hint: what to do next, where that is known.
    :ivar exit_status: what `alembic status` and `alembic wait` end with.
    """

    kind = "unreadable"
    exit_status = 8

    def __init__(self, message: str, hint: str | None = None, *, kind: str | None = None) -> None:
        super().__init__(f"{message}\nhint: {hint}" if hint else message)
        self.message = message
        self.hint = hint
        if kind is not None:
            self.kind = kind


class DatabaseUnreachable(DatabaseError):
    """No server answers there, or it does not let this user in, or has no such database."""

    kind = "unreachable"
    exit_status = 7


class VersionTableUnreadable(DatabaseError):
    """The server answers, and its version table cannot be used."""


class NotCertain(DatabaseError):
    """The native reader is not sure to do what the URL's Python driver would do. Callers go on with Python."""

    kind = "unsure"


#: Kinds for which a server did not let us in.
UNREACHABLE = frozenset({"unreachable", "refused", "no-database", "not-ready", "timeout"})


def from_engine(kind: str, message: str, hint: str | None) -> DatabaseError:
    """The exception for a failure of the native reader, by its kind."""
    if kind == "unsure":
        return NotCertain(message, hint)
    if kind in UNREACHABLE:
        return DatabaseUnreachable(message, hint, kind=kind)
    return VersionTableUnreadable(message, hint, kind=kind)
