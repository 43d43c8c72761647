"""Python's garbage collector while a great many objects are made and dropped."""

from __future__ import annotations

import gc
from _thread import allocate_lock

#: How many objects may be made between two collections of the youngest. The schema objects of a
#: statement are some hundred, which refer to each other: at Python's 700, nearly every operation
#: of a migration pays for a collection, and a tenth of a long run is spent in them.
_YOUNG = 10_000

_lock = allocate_lock()


class _AtEase:
    """Collects garbage less often for a while; what was there before is left out of it.

    Otherwise each collection walks through all modules of the process, to find that they are in
    use. One object for the whole process: it may be entered again inside, and by several threads,
    and the collector is as it was once the last has left.
    """

    def __init__(self) -> None:
        self._entered = 0
        self._threshold = gc.get_threshold()
        self._frozen_by_us = False

    def __enter__(self) -> None:
        with _lock:
            self._entered += 1
            if self._entered == 1:
                self._threshold = gc.get_threshold()
                young, *older = self._threshold
                if 0 < young < _YOUNG:  # 0 switches the collector off, which is not ours to undo
                    gc.set_threshold(_YOUNG, *older)
                # An application that froze its own objects would lose that when we unfreeze.
                self._frozen_by_us = gc.get_freeze_count() == 0
            if self._frozen_by_us:
                gc.freeze()

    def __exit__(self, *exception: object) -> None:
        with _lock:
            self._entered -= 1
            if self._entered == 0:
                if self._frozen_by_us:
                    gc.unfreeze()
                gc.set_threshold(*self._threshold)


collector_at_ease = _AtEase()
