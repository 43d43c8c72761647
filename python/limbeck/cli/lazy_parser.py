"""Parsers that get their arguments when somebody looks at them.

The program has twenty commands, and one of them runs. `argparse` wants a parser for each, and takes longer to make
them than many a command takes to answer.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any


class DeferredParser(ArgumentParser):
    """The parser of one command.

    :param fill: adds its arguments
    :param settings: those of `ArgumentParser`
    """

    def __init__(self, *, fill: Callable[[ArgumentParser], None], **settings: Any) -> None:
        # Nothing else is set: whatever is asked of a parser begins with an attribute that is missing now.
        self._deferred: tuple[Callable[[ArgumentParser], None], dict[str, Any]] | None
        self._deferred = (fill, settings)

    def __getattr__(self, name: str) -> Any:
        """Make the parser complete, and give the attribute that it was asked for."""
        deferred = self.__dict__.get("_deferred")
        if deferred is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        fill, settings = deferred
        self._deferred = None
        super().__init__(**settings)
        fill(self)
        return getattr(self, name)
