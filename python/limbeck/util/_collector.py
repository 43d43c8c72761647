"""Fewer garbage collections while the program creates many short-lived objects."""

from __future__ import annotations

import gc
from _thread import allocate_lock

from limbeck import short_cuts

#: The number of new objects between two collections of the youngest generation. A statement needs
#: hundreds of schema objects with references to each other. At Python's threshold of 700, nearly every
#: operation triggers a collection; the collections take a tenth of a long run.
_YOUNG = 10_000

_lock = allocate_lock()


class _FewerCollections:
    """Reduces garbage collections within a block, in limbeck's own program.

    Does nothing in an application that calls limbeck as a library.

    There is one instance per process. It may be nested, and entered by several threads; the last exit restores
    the thresholds.
    """

    #: Whether the process runs limbeck's command line, and exits after one command.
    in_command_line = False

    def __init__(self) -> None:
        self._entered = 0
        self._threshold: tuple[int, int, int] | None = None

    def __enter__(self) -> None:
        with _lock:
            self._entered += 1
            if self._threshold is None and self.in_command_line and short_cuts.enabled:
                young, *older = self._threshold = gc.get_threshold()
                if 0 < young < _YOUNG:  # 0 disables the collector
                    gc.set_threshold(_YOUNG, *older)

    def exclude_existing_objects(self) -> None:
        """Exclude all existing objects from collections until the process ends.

        Otherwise each collection, and Python's exit, would traverse all modules of the process. Does
        nothing outside a block that reduces collections.
        """
        with _lock:
            if self._threshold is not None and gc.get_freeze_count() == 0:
                gc.freeze()

    def __exit__(self, *exception: object) -> None:
        with _lock:
            self._entered -= 1
            if self._entered == 0 and self._threshold is not None:
                gc.set_threshold(*self._threshold)
                self._threshold = None


fewer_collections = _FewerCollections()
