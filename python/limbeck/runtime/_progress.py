"""Progress on a terminal: the running revision, and the duration of each.

During a revision, a status line shows it, and what its statement waits for; log messages are printed above that line. After
the revision, a line with its duration remains. All output goes to standard error, and only if that is a terminal.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from limbeck.runtime._run import StepReport

_ERASE = "\r\x1b[2K"


def on_terminal(*, quiet: bool = False, stream: TextIO | None = None) -> Progress | None:
    """Return a display of the steps; `None` if standard error is no terminal, or with `quiet`.

    :param quiet: `--quiet` was given.
    :param stream: the output, instead of standard error.
    """
    out = sys.stderr if stream is None else stream
    if quiet or not _is_terminal(out):
        return None
    return Progress(out)


def format_duration(seconds: float) -> str:
    """Format a duration: `0.04 s`, `12.3 s`, `2 min 05 s`.

    :param seconds: the duration.
    """
    if seconds < 10:
        return f"{seconds:.2f} s"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s"


class Progress:
    """Displays the steps of a run, from its reports, which come from any thread.

    For a run of one step, only waits and the text of `detail()` are displayed.
    """

    def __init__(self, stream: TextIO) -> None:
        """
        :param stream: a terminal.
        """
        self._stream = stream
        self._line = ""
        self._patched_handlers = ExitStack()
        self._has_shown_wait = False
        self._seconds = 0.0
        #: Held while something is written.
        self._lock = threading.RLock()
        # A dumb terminal cannot erase, so only permanent lines are written.
        self._erases = os.environ.get("TERM", "dumb") != "dumb"

    def __call__(self, report: StepReport) -> None:
        """Display the start, a wait, the end or the failure of a step, or that there is none."""
        step = report.step
        if report.phase == "nothing":
            at = f": the database is at {', '.join(report.rows)}" if report.rows else ""
            self._write(f"nothing to do{at}\n")
            return
        number = f"{report.index + 1:>{len(str(report.total))}}"
        about = f"[{number}/{report.total}] {step.revision.revision}"
        with self._lock:
            if report.phase == "waiting":
                self._show_wait(report, about)
            elif report.phase == "start":
                self._has_shown_wait = False
                if report.total > 1:
                    self._show_start(report, about)
            elif report.total > 1:
                self._show_end(report, about)

    def _show_start(self, report: StepReport, about: str) -> None:
        if report.index == 0:
            self._begin()
            self._seconds = 0.0
        self._line = f"{about} is running"
        self._draw()

    def _show_wait(self, report: StepReport, about: str) -> None:
        waits = "; ".join(report.waits_for)
        if report.total > 1 and self._erases:
            self._line = f"{about} is running" + (f", waits for {waits}" if waits else "")
            self._draw()
        elif waits and not self._has_shown_wait:
            # Without a status line, one permanent line.
            self._has_shown_wait = True
            self._write(f"{report.step.revision.revision} waits for {waits}\n")

    def _show_end(self, report: StepReport, about: str) -> None:
        remark = " failed after" if report.phase == "failed" else ""
        self._line = ""
        self._erase()
        self._write(f"{about}{remark} {format_duration(report.seconds)}\n")
        self._seconds += report.seconds
        if remark or report.index + 1 == report.total:
            self._patched_handlers.close()
        if not remark and report.index + 1 == report.total:
            self._write(f"{report.total} revisions in {format_duration(self._seconds)}\n")

    @contextmanager
    def detail(self) -> Iterator[Callable[[str], None]]:
        """Within the block, the status line also shows a text; yields the function that sets it."""
        before = self._line
        if not before:
            self._begin()  # a run of one step

        def show(text: str) -> None:
            self._line = f"{before}, {text}" if before else text
            self._draw()

        try:
            yield show
        finally:
            self._line = before
            self._erase()
            self._draw()
            if not before:
                self._patched_handlers.close()

    def _begin(self) -> None:
        self._patched_handlers.close()
        if self._erases:
            for handler in _handlers_on_terminals():
                self._patched_handlers.enter_context(self._below_messages_of(handler))

    def _draw(self) -> None:
        if self._line and self._erases:
            # The cursor returns to the first column, so that other output replaces the line.
            self._write(f"{_ERASE}{self._line[: _width(self._stream) - 1]}\r")

    def _erase(self) -> None:
        if self._erases:
            self._write(_ERASE)

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()

    @contextmanager
    def _below_messages_of(self, handler: logging.Handler) -> Iterator[None]:
        """Erase the status line before each message of a log handler, and draw it again afterwards."""
        emit = handler.emit

        def emit_alone(record: logging.LogRecord) -> None:
            with self._lock:
                self._erase()
                emit(record)
                self._draw()

        handler.emit = emit_alone  # type: ignore[method-assign] # restored below
        try:
            yield
        finally:
            # Restores the method of the class.
            del handler.emit


def _width(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def _handlers_on_terminals() -> list[logging.StreamHandler[Any]]:
    """Return all log handlers that write to a terminal."""
    loggers = [logging.root, *logging.root.manager.loggerDict.values()]
    found: dict[int, logging.StreamHandler[Any]] = {}
    for logger in loggers:
        for handler in getattr(logger, "handlers", ()):
            if isinstance(handler, logging.StreamHandler) and _is_terminal(handler.stream):
                found[id(handler)] = handler
    return list(found.values())


def _is_terminal(stream: Any) -> bool:
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):
        # No stream, or a closed stream.
        return False
