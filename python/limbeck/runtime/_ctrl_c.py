"""Ctrl-C on the command line: ends a run promptly, even during a long statement.

Python raises `KeyboardInterrupt` when the driver returns, which for drivers written in C is at the end of the statement. So,
during a run, the signal wakes a thread that makes the server (or SQLite) cancel the statement. Then Python raises
`KeyboardInterrupt`, and the transaction is rolled back.
"""

from __future__ import annotations

import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from limbeck.runtime._run_hooks import PlanFn

if TYPE_CHECKING:
    from limbeck.runtime.migration import MigrationContext

#: The time after Ctrl-C until the statement is cancelled, in seconds, and the interval of further attempts.
_GRACE = 0.4
#: How long the end of a run waits for an unfinished attempt, in seconds.
_LAST_ATTEMPT = 5.0
_NO_DESCRIPTOR = -1


@contextmanager
def interruptible(context: MigrationContext, plan: PlanFn) -> Iterator[None]:
    """A run hook that makes Ctrl-C end the run promptly.

    Does nothing outside of the main thread, and if the program has its own signal handler or wakeup descriptor. In an event
    loop, `asyncio.run` cancels the task; here, only a statement in the driver's worker thread is cancelled.
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
        # A driver written in Python returns at once, while the server still executes the statement.
        # An error means that there is no statement any more, or no connection.
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
    """A thread that the signal wakes, whatever the main thread is doing."""

    def __init__(self, interrupt: Callable[[], object]) -> None:
        self._interrupt = interrupt
        self._left = threading.Event()
        self._ours, self._signals = socket.socketpair()
        self._signals.setblocking(False)
        self._thread = threading.Thread(target=self._watch, name="limbeck-ctrl-c", daemon=True)
        self._thread.start()
        previous = signal.set_wakeup_fd(self._signals.fileno(), warn_on_full_buffer=False)
        if previous != _NO_DESCRIPTOR:
            # The program has its own descriptor, which is restored.
            signal.set_wakeup_fd(previous)

    def stop(self) -> None:
        """End the thread; may be called more than once."""
        if self._left.is_set():
            return
        self._left.set()
        current = signal.set_wakeup_fd(_NO_DESCRIPTOR)
        if current != self._signals.fileno():
            # A revision, or its event loop, has set its own descriptor.
            signal.set_wakeup_fd(current)
        self._signals.close()  # the thread reads end-of-file
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
            except Exception as error:  # noqa: BLE001 - any driver error; it is reported below, and the attempt repeated
                if told or self._left.wait(_GRACE):
                    continue
                told = True
                sys.stderr.write(f"The statement cannot be interrupted: {error}\n")
                sys.stderr.flush()
