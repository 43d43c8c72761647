"""Errors of reading a database's status. No message contains a password."""

from limbeck.util.exc import CommandError


class DatabaseError(CommandError):
    """The status of the database could not be determined.

    :ivar kind: one word for programs, such as `unreachable`.
    :ivar hint: what to do next, if that is known.
    :ivar exit_status: the exit status of `alembic status` and `alembic wait`.
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
    """The server does not answer, rejects the user, or has no such database."""

    kind = "unreachable"
    exit_status = 7


class VersionTableUnreadable(DatabaseError):
    """The server answers, but its version table cannot be read."""


class StatusUnknown(DatabaseError):
    """The revision files, the configuration or env.py have an error."""

    kind = "error"


class NotCertain(DatabaseError):
    """The native reader may behave differently from the URL's Python driver; the caller uses a Python reader."""

    kind = "unsure"


#: The kinds of `DatabaseUnreachable`.
UNREACHABLE = frozenset({"unreachable", "refused", "no-database", "not-ready", "timeout"})


def from_engine(kind: str, message: str, hint: str | None) -> DatabaseError:
    """Return the exception for a failure of the native reader; the engine calls this.

    :param kind: the kind of the failure; `unsure` for `NotCertain`.
    """
    if kind == "unsure":
        return NotCertain(message, hint)
    if kind in UNREACHABLE:
        return DatabaseUnreachable(message, hint, kind=kind)
    return VersionTableUnreadable(message, hint, kind=kind)
