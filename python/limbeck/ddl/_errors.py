"""Errors of the impls."""

from __future__ import annotations

from limbeck.util.exc import CommandError


class UnknownNameError(CommandError, KeyError):
    """A name was not found. Also a `KeyError`, which is what Alembic raises."""

    def __str__(self) -> str:
        # KeyError.__str__() is the repr() of the message.
        return str(self.args[0])
