"""What a batch refuses; migrations catch some of it by a built-in type."""

from __future__ import annotations

from limbeck.util.exc import CommandError


class UnknownColumnError(CommandError, KeyError):
    """The table of the batch has no column of that name."""

    def __str__(self) -> str:
        # A KeyError shows its text in quotation marks, as if it were a key.
        return Exception.__str__(self)
