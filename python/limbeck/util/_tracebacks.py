"""Tracebacks on a terminal: the frames of the project, without those of libraries."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path
from traceback import StackSummary, TracebackException
from typing import TextIO


def print_interrupt(error: KeyboardInterrupt, stream: TextIO) -> None:
    """Print what Ctrl-C has interrupted, without a traceback.

    :param error: the exception, whose notes say it.
    :param stream: where it is printed.
    """
    lines = ["interrupted", *getattr(error, "__notes__", ())]
    stream.write("".join(f"{line}\n" for line in lines))


def print_failure(error: Exception, again: str, stream: TextIO) -> None:
    """Print an exception with the frames of the project only, and its notes.

    :param error: the exception.
    :param again: the command that shows all frames.
    :param stream: where it is printed.
    """
    shown = TracebackException.from_exception(error, compact=True)
    _leave_out_libraries(shown)
    stream.writelines(shown.format())
    stream.write(f"\nhint: `{again}` shows the frames of libraries too\n")


def _leave_out_libraries(shown: TracebackException) -> None:
    """Leave out the frames of libraries, and the earlier exceptions that have no others."""
    for name in ("__cause__", "__context__"):
        earlier: TracebackException | None = getattr(shown, name)
        if earlier is not None:
            _leave_out_libraries(earlier)
            if not earlier.stack:
                setattr(shown, name, None)
    shown.stack = StackSummary.from_list([f for f in shown.stack if not _is_library(f.filename)])


def _is_library(path: str) -> bool:
    return path.startswith("<") or any(path.startswith(folder + os.sep) for folder in _LIBRARIES)


#: The folders of the standard library, of installed packages, of this package and of the program.
_LIBRARIES = frozenset(
    {
        *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
        *(
            entry.rstrip(os.sep)
            for entry in sys.path
            if Path(entry).name in ("site-packages", "dist-packages")
        ),
        str(Path(__file__).parents[1]),
        str(Path(sys.argv[0]).resolve().parent),
    }
)
