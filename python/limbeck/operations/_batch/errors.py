"""Errors of batch mode."""

from __future__ import annotations

from limbeck.util.exc import CommandError


class UnknownColumnError(CommandError, KeyError):
    """The table of the batch has no column of that name. Also a `KeyError`, as in Alembic."""

    def __str__(self) -> str:
        # KeyError.__str__() is the repr() of the message.
        return Exception.__str__(self)
