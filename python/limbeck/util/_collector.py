"""Python's garbage collector, while the program makes and drops a great many objects."""

from __future__ import annotations

import gc
from _thread import allocate_lock

from limbeck import short_cuts

#: How many objects may be made between two collections of the youngest. The schema objects of a
#: statement are some hundred, which refer to each other: at Python's 700, nearly every operation
#: of a migration pays for a collection, and a tenth of a long run is spent in them.
_YOUNG = 10_000

_lock = allocate_lock()


class _FewerCollections:
    """Collects garbage less often for a while, in a process that is the program's own.

    Where an application calls limbeck as a library, this does nothing: the collector is the application's.

    There is one for the whole process: it may be entered again inside, and by several threads. The
    limits are as they were once the last has left.
    """

    #: Whether the process ends with the command that it runs. Only the program sets it.
    in_the_program = False

    def __init__(self) -> None:
        self._entered = 0
        self._threshold: tuple[int, int, int] | None = None

    def __enter__(self) -> None:
        with _lock:
            self._entered += 1
            if self._threshold is None and self.in_the_program and short_cuts.enabled:
                young, *older = self._threshold = gc.get_threshold()
                if 0 < young < _YOUNG:  # 0 switches the collector off, which is not ours to undo
                    gc.set_threshold(_YOUNG, *older)

    def leave_out_what_is_there(self) -> None:
        """Leave all objects that there are out of the collections, until the process ends.

        Otherwise each walks through all modules of the process, to find that they are in use; and so does Python at
        its end.
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
