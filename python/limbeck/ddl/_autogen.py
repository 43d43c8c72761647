"""The result of comparing two constraints or indexes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple


class ComparisonResult(NamedTuple):
    """The result of comparing an object of the model with one of the database.

    Created by `Equal()`, `Different(reason)` or `Skip(reason)`. A skipped comparison was not
    possible; autogenerate leaves the object unchanged.
    """

    status: Literal["equal", "different", "skip"]
    message: str

    @property
    def is_equal(self) -> bool:
        """Whether the two objects are equal."""
        return self.status == "equal"

    @property
    def is_different(self) -> bool:
        """Whether the two objects differ."""
        return self.status == "different"

    @property
    def is_skip(self) -> bool:
        """Whether the two objects could not be compared."""
        return self.status == "skip"

    @classmethod
    def Equal(cls) -> ComparisonResult:
        """Create the result for two equal objects."""
        return cls("equal", "The two constraints are equal")

    @classmethod
    def Different(cls, reason: str | Sequence[str]) -> ComparisonResult:
        """Create the result for two objects that differ.

        :param reason: one reason or several.
        """
        return cls("different", _join_reasons(reason))

    @classmethod
    def Skip(cls, reason: str | Sequence[str]) -> ComparisonResult:
        """Create the result for two objects that cannot be compared.

        :param reason: one reason or several.
        """
        return cls("skip", _join_reasons(reason))


def _join_reasons(reason: str | Sequence[str]) -> str:
    return reason if isinstance(reason, str) else ", ".join(reason)
