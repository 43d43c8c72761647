"""What a person at a terminal sees of a long upgrade: which revision is running, and how long each took.

While a revision runs, one line says so; it is taken away for every log message and drawn again below it. When the
revision is done a line with its time stays. All of it goes to standard error, and only if that is a terminal.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from typing_extensions import Self

_ERASE = "\r\x1b[2K"

#: Fewer revisions than this are over before anybody looks.
_WORTH_SHOWING = 2


def on_terminal(total: int, *, quiet: bool = False, stream: TextIO | None = None) -> Progress | None:
    """Progress for a run of `total` revisions; nothing, where nobody would see it or wants to.

    :param total: how many revisions will run.
    :param quiet: the user asked for silence.
    :param stream: where to write, in place of standard error.
    """
    out = sys.stderr if stream is None else stream
    if quiet or total < _WORTH_SHOWING or out is None or not out.isatty():
        return None
    return Progress(total, out)


def took(seconds: float) -> str:
    """A duration for people: `0.04 s`, `12.3 s`, `2 min 05 s`."""
    if seconds < 10:
        return f"{seconds:.2f} s"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s"


class Progress:
    """Shows one run; a context manager around it."""

    def __init__(
        self, total: int, stream: TextIO, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        """
        :param total: how many revisions will run.
        :param stream: a terminal.
        :param clock: seconds, from wherever.
        """
        self._total = total
        self._stream = stream
        self._clock = clock
        self._done = 0
        self._running: str | None = None
        self._began = 0.0
        self._guards = ExitStack()
        # A dumb terminal cannot erase: there, only the lines that stay are written.
        self._erases = os.environ.get("TERM", "dumb") != "dumb"

    def __enter__(self) -> Self:
        if self._erases:
            for handler in _handlers_on_terminals():
                self._guards.enter_context(self._out_of_the_way_of(handler))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._guards.close()
        if self._running is not None:
            self._finish("failed" if error is not None else "")

    def begin(self, revision: str) -> None:
        """Say that a revision begins to run."""
        self._running = revision
        self._began = self._clock()
        self._draw()

    def end(self) -> None:
        """Say that it is done, and how long it took."""
        self._done += 1
        self._finish("")

    @contextmanager
    def step(self, revision: str) -> Iterator[None]:
        """Show one revision while it runs."""
        self.begin(revision)
        yield
        self.end()

    def _finish(self, outcome: str) -> None:
        self._erase()
        number = self._done + 1 if outcome else self._done
        remark = f" {outcome} after" if outcome else ""
        duration = took(self._clock() - self._began)
        self._write(f"[{self._count(number)}] {self._running}{remark} {duration}\n")
        self._running = None

    def _count(self, number: int) -> str:
        total = str(self._total)
        return f"{number:>{len(total)}}/{total}"

    def _draw(self) -> None:
        if self._running is None or not self._erases:
            return
        text = f"[{self._count(self._done + 1)}] {self._running} is running"
        # The cursor goes back to the first column: what somebody prints replaces the line.
        self._write(f"{_ERASE}{text[: _width(self._stream) - 1]}\r")

    def _erase(self) -> None:
        if self._erases:
            self._write(_ERASE)

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()

    @contextmanager
    def _out_of_the_way_of(self, handler: logging.Handler) -> Iterator[None]:
        """Make room for each message of a log handler."""
        emit = handler.emit

        def emit_alone(record: logging.LogRecord) -> None:
            self._erase()
            emit(record)
            self._draw()

        handler.emit = emit_alone  # type: ignore[method-assign] # taken back below
        try:
            yield
        finally:
            # The instance had no `emit` of its own.
            del handler.emit


def _width(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def _handlers_on_terminals() -> list[logging.StreamHandler[Any]]:
    """Every log handler in use that writes to a terminal."""
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
        # No stream, or a closed one.
        return False
