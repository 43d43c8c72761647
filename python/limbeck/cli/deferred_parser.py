"""Lazy parsers, which add their arguments on first use.

`argparse` needs a parser for each of the twenty commands. Many commands run faster than all parsers can be created.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any


class DeferredParser(ArgumentParser):
    """The parser of one command.

    :param fill: adds the arguments to the parser
    :param settings: the arguments of `ArgumentParser`
    """

    def __init__(self, *, fill: Callable[[ArgumentParser], None], **settings: Any) -> None:
        # The only attribute, so that any use of the parser calls __getattr__.
        self._deferred: tuple[Callable[[ArgumentParser], None], dict[str, Any]] | None
        self._deferred = (fill, settings)

    def __getattr__(self, name: str) -> Any:
        """Complete the parser on first use, and return its attribute."""
        deferred = self.__dict__.get("_deferred")
        if deferred is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        fill, settings = deferred
        self._deferred = None
        super().__init__(**settings)
        fill(self)
        return getattr(self, name)
