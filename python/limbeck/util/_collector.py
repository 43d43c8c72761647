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
    """Collects garbage less often for a while.

    There is one for the whole process: it may be entered again inside, and by several threads. The
    collector is as it was once the last has left.
    """

    #: The process ends with the command that it runs. What was left out stays so: at its end,
    #: Python walks through all objects again, of which the libraries' are the most.
    until_exit = False

    def __init__(self) -> None:
        self._entered = 0
        self._threshold = gc.get_threshold()
        self._leaves_out = False

    def __enter__(self) -> None:
        with _lock:
            self._entered += 1
            if self._entered == 1:
                self._threshold = gc.get_threshold()
                young, *older = self._threshold
                if 0 < young < _YOUNG:  # 0 switches the collector off, which is not ours to undo
                    gc.set_threshold(_YOUNG, *older)

    def leave_out_what_is_there(self) -> None:
        """Leave all objects that there are out of the collections until the last has left.

        Otherwise each walks through all modules of the process, to find that they are in use.
        """
        with _lock:
            # An application that froze its own objects would lose that when we unfreeze.
            if self._entered and not self._leaves_out and gc.get_freeze_count() == 0:
                gc.freeze()
                self._leaves_out = True

    def __exit__(self, *exception: object) -> None:
        with _lock:
            self._entered -= 1
            if self._entered == 0:
                gc.set_threshold(*self._threshold)
                if self._leaves_out and not self.until_exit:
                    gc.unfreeze()
                self._leaves_out = False


collector_at_ease = _AtEase()
