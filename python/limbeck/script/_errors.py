"""The errors of the revision graph."""

from __future__ import annotations

from collections.abc import Sequence

#: The module name of the classes in tracebacks and pickles.
_SHOWN_IN = "alembic.script.revision"


class RevisionError(Exception):
    """The revisions are invalid, or a request for them cannot be answered."""

    __module__ = _SHOWN_IN

    #: A suggestion, printed below the message.
    hint: str | None = None


class RangeNotAncestorError(RevisionError):
    """The lower end of a range is not an ancestor of the upper end."""

    __module__ = _SHOWN_IN

    def __init__(
        self, lower: str | Sequence[str] | None, upper: str | Sequence[str] | None
    ) -> None:
        self.lower = lower
        self.upper = upper
        super().__init__(
            f"Revision {lower or 'base'} is not an ancestor of revision {upper or 'base'}"
        )


class MultipleHeads(RevisionError):
    """One head is required, but there are several."""

    __module__ = _SHOWN_IN

    def __init__(self, heads: Sequence[str], argument: str | None) -> None:
        self.heads = heads
        self.argument = argument
        super().__init__(
            f"Multiple heads are present for given argument '{argument}'; {', '.join(heads)}"
        )


class ResolutionError(RevisionError):
    """An identifier is unknown or ambiguous."""

    __module__ = _SHOWN_IN

    def __init__(self, message: str, argument: str) -> None:
        super().__init__(message)
        self.argument = argument


class MissingRevisionError(RevisionError, KeyError):
    """A revision refers to one that does not exist.

    Also a `KeyError`, as in Alembic.
    """

    __module__ = _SHOWN_IN

    def __init__(self, message: str, missing: str, referrer: str) -> None:
        super().__init__(message)
        self.missing = missing
        self.referrer = referrer

    def __str__(self) -> str:
        return str(self.args[0])


class CycleDetected(RevisionError):
    """Revisions form a cycle."""

    __module__ = _SHOWN_IN

    kind = "Cycle"

    def __init__(self, revisions: Sequence[str]) -> None:
        self.revisions = revisions
        super().__init__(f"{self.kind} is detected in revisions ({', '.join(revisions)})")


class DependencyCycleDetected(CycleDetected):
    """Revisions and their dependencies form a cycle."""

    __module__ = _SHOWN_IN

    kind = "Dependency cycle"

    def __init__(self, revisions: Sequence[str]) -> None:
        super().__init__(revisions)


class LoopDetected(CycleDetected):
    """A revision is its own parent."""

    __module__ = _SHOWN_IN

    kind = "Self-loop"

    def __init__(self, revision: str) -> None:
        super().__init__([revision])


class DependencyLoopDetected(DependencyCycleDetected, LoopDetected):
    """A revision depends on itself."""

    __module__ = _SHOWN_IN

    kind = "Dependency self-loop"

    def __init__(self, revision: str) -> None:
        # Calls LoopDetected, the next class in the method resolution order.
        super(DependencyCycleDetected, self).__init__(revision)
