"""Ctrl-C ends a run of the command line promptly, also in the middle of a long statement.

Python raises `KeyboardInterrupt` only once the driver has come back from the server, which for drivers written in C is
the end of the statement. So, while migrations run, a thread is woken by the signal itself and has the server (or SQLite)
end the statement; what follows is Python's usual way out, on which the transaction is rolled back.
"""

from __future__ import annotations

import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from limbeck.runtime._hooks import PlanFn

if TYPE_CHECKING:
    from limbeck.runtime.migration import MigrationContext

#: How long Python has, after Ctrl-C, to leave the migrations by itself; then, and again after this time, it is helped.
_GRACE = 0.4
#: How long the end of a run waits for an attempt to interrupt that is under way.
_LAST_ATTEMPT = 5.0
_NO_DESCRIPTOR = -1


@contextmanager
def interruptible(context: MigrationContext, plan: PlanFn) -> Iterator[None]:
    """Stand around the migrations of one run (see `limbeck.runtime._hooks`) and have Ctrl-C end them promptly.

    Does nothing where Ctrl-C is somebody else's: in other threads than the main one, and where the program has a handler
    or a wakeup descriptor of its own. Inside an event loop, `asyncio.run` cancels the task; only a statement in a thread
    of its own remains to be ended.
    """
    interrupt = None
    if threading.current_thread() is threading.main_thread():
        from limbeck.runtime._interrupts import statement_interrupt, worker_interrupt

        if _in_event_loop():
            interrupt = worker_interrupt(context)
        elif signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            interrupt = statement_interrupt(context)
    if interrupt is None:
        yield
        return
    watch = _Watch(interrupt)
    try:
        yield
    except KeyboardInterrupt:
        watch.stop()
        # A driver written in Python came back at once, but the server is still in the statement.
        # An error means that it is not, or that the connection is gone.
        with suppress(Exception):
            interrupt()
        raise
    finally:
        watch.stop()


def _in_event_loop() -> bool:
    if "asyncio" not in sys.modules:
        return False
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


class _Watch:
    """A thread that the signal wakes, whatever the main thread is in."""

    def __init__(self, interrupt: Callable[[], object]) -> None:
        self._interrupt = interrupt
        self._left = threading.Event()
        self._ours, self._signals = socket.socketpair()
        self._signals.setblocking(False)
        self._thread = threading.Thread(target=self._watch, name="limbeck-ctrl-c", daemon=True)
        self._thread.start()
        previous = signal.set_wakeup_fd(self._signals.fileno(), warn_on_full_buffer=False)
        if previous != _NO_DESCRIPTOR:
            # Somebody else is told of signals: that stays so, and there is nothing to watch.
            signal.set_wakeup_fd(previous)

    def stop(self) -> None:
        """The migrations are left; may be called more than once."""
        if self._left.is_set():
            return
        self._left.set()
        current = signal.set_wakeup_fd(_NO_DESCRIPTOR)
        if current != self._signals.fileno():
            # A revision, or an event loop in one, has put its own there.
            signal.set_wakeup_fd(current)
        self._signals.close()  # which the thread reads as the end
        self._thread.join(_LAST_ATTEMPT)

    def _watch(self) -> None:
        with self._ours:
            while numbers := self._ours.recv(64):
                if signal.SIGINT in numbers:
                    self._end_statement()

    def _end_statement(self) -> None:
        told = False
        while not self._left.wait(_GRACE):
            try:
                self._interrupt()
            except Exception as error:  # noqa: BLE001 - whatever a driver raises; said below, and tried again
                if told or self._left.wait(_GRACE):
                    continue
                told = True
                sys.stderr.write(f"The statement cannot be interrupted: {error}\n")
                sys.stderr.flush()
