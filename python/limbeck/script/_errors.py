"""What can be wrong about revisions."""

from __future__ import annotations

from collections.abc import Sequence

#: Tracebacks and pickles name the classes as projects know them.
_SHOWN_IN = "alembic.script.revision"


class RevisionError(Exception):
    """Something is wrong about revisions or about how they were asked for."""

    __module__ = _SHOWN_IN

    #: A suggestion that is shown below the message, if there is one.
    hint: str | None = None


class RangeNotAncestorError(RevisionError):
    """The lower end of a range is not below its upper end."""

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
    """One head is needed and there are several."""

    __module__ = _SHOWN_IN

    def __init__(self, heads: Sequence[str], argument: str | None) -> None:
        self.heads = heads
        self.argument = argument
        super().__init__(
            f"Multiple heads are present for given argument '{argument}'; {', '.join(heads)}"
        )


class ResolutionError(RevisionError):
    """An identifier stands for no revision, or for too many."""

    __module__ = _SHOWN_IN

    def __init__(self, message: str, argument: str) -> None:
        super().__init__(message)
        self.argument = argument


class MissingRevisionError(RevisionError, KeyError):
    """A revision names another one that does not exist.

    It is a `KeyError` too, which is what Alembic raises here.
    """

    __module__ = _SHOWN_IN

    def __init__(self, message: str, missing: str, referrer: str) -> None:
        super().__init__(message)
        self.missing = missing
        self.referrer = referrer

    def __str__(self) -> str:
        return str(self.args[0])


class CycleDetected(RevisionError):
    """Revisions follow each other in a circle."""

    __module__ = _SHOWN_IN

    kind = "Cycle"

    def __init__(self, revisions: Sequence[str]) -> None:
        self.revisions = revisions
        super().__init__(f"{self.kind} is detected in revisions ({', '.join(revisions)})")


class DependencyCycleDetected(CycleDetected):
    """Revisions need each other in a circle."""

    __module__ = _SHOWN_IN

    kind = "Dependency cycle"

    def __init__(self, revisions: Sequence[str]) -> None:
        super().__init__(revisions)


class LoopDetected(CycleDetected):
    """A revision follows itself."""

    __module__ = _SHOWN_IN

    kind = "Self-loop"

    def __init__(self, revision: str) -> None:
        super().__init__([revision])


class DependencyLoopDetected(DependencyCycleDetected, LoopDetected):
    """A revision needs itself."""

    __module__ = _SHOWN_IN

    kind = "Dependency self-loop"

    def __init__(self, revision: str) -> None:
        super(DependencyCycleDetected, self).__init__(revision)
