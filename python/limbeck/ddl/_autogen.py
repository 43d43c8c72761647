"""What a comparison of two constraints or indexes found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple


class ComparisonResult(NamedTuple):
    """The outcome of comparing one object of the model with one of the database.

    Made by `Equal()`, `Different(reason)` or `Skip(reason)`; a skipped comparison could
    not be carried out, and autogenerate leaves the object alone.
    """

    status: Literal["equal", "different", "skip"]
    message: str

    @property
    def is_equal(self) -> bool:
        """Whether the two are the same."""
        return self.status == "equal"

    @property
    def is_different(self) -> bool:
        """Whether the two differ."""
        return self.status == "different"

    @property
    def is_skip(self) -> bool:
        """Whether there was no telling."""
        return self.status == "skip"

    @classmethod
    def Equal(cls) -> ComparisonResult:
        """The two are the same."""
        return cls("equal", "The two constraints are equal")

    @classmethod
    def Different(cls, reason: str | Sequence[str]) -> ComparisonResult:
        """The two differ, for the reason or reasons given."""
        return cls("different", _joined(reason))

    @classmethod
    def Skip(cls, reason: str | Sequence[str]) -> ComparisonResult:
        """The two cannot be compared, for the reason or reasons given."""
        return cls("skip", _joined(reason))


def _joined(reason: str | Sequence[str]) -> str:
    return reason if isinstance(reason, str) else ", ".join(reason)
