"""env.py in a thread of its own, for a caller whose event loop runs: env.py may call `asyncio.run` there.

The thread has its own copy of the execution context, so that `alembic.op` and `alembic.context` of several runs are kept
apart. A cancelled run is interrupted where it stands, rolls back, and only then is the caller told.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from limbeck.runtime._hooks import BETWEEN_STEPS, PAUSE, RUN_HOOKS, PlanFn
from limbeck.runtime._interrupts import interrupt_of

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from limbeck.runtime.migration import MigrationContext

_T = TypeVar("_T")
#: How long after one attempt to interrupt a run the next one is made.
_AGAIN = 0.3


class RunCancelled(BaseException):
    """Raised within the thread of a run that was cancelled. Not an `Exception`: nobody is to catch and go on."""


class _Step:
    """What the revision that runs has done, on a database that cannot undo DDL.

    If it is interrupted in its first statement, nothing has happened. Later, the tables that it has made would stay, and no
    row would say so: it is completed.
    """

    def __init__(self, interrupt: Callable[[], object], connection: Connection) -> None:
        self._interrupt = interrupt
        self._connection = connection
        self._changed = False
        #: So that no statement begins between the question what was done and the interruption.
        self._lock = threading.Lock()
        from sqlalchemy import event

        event.listen(connection, "after_cursor_execute", self._executed)

    def begin(self) -> None:
        """The next revision runs."""
        self._changed = False

    def close(self) -> None:
        """The last one has run."""
        from sqlalchemy import event

        event.remove(self._connection, "after_cursor_execute", self._executed)

    def interrupt(self) -> None:
        """Interrupt the statement, if nothing remains of the revision then."""
        with self._lock:
            if not self._changed:
                self._interrupt()

    def _executed(
        self, connection: object, cursor: object, statement: str, *others: object
    ) -> None:
        if (
            not statement.lstrip()
            .upper()
            .startswith(("SELECT", "PRAGMA", "SHOW", "SET", "EXPLAIN"))
        ):
            with self._lock:
                self._changed = True


class _Run:
    """A run in its thread, and how to interrupt it."""

    def __init__(self) -> None:
        self._cancelled = threading.Event()
        self._interrupts: list[Callable[[], object]] = []
        self._step: _Step | None = None

    @contextmanager
    def around(self, context: MigrationContext, plan: PlanFn) -> Iterator[None]:
        """Stand around the migrations: make them interruptible."""
        self.check()
        interrupt = interrupt_of(context)
        if context.as_sql or context.impl.transactional_ddl or context.connection is None:
            context.on_version_apply_callbacks = (*context.on_version_apply_callbacks, self.check)
        else:
            self._step = _Step(interrupt, context.connection)
            interrupt = self._step.interrupt
        self._interrupts.append(interrupt)
        try:
            yield
        finally:
            self._interrupts.remove(interrupt)
            if self._step is not None:
                self._step.close()
                self._step = None

    def between(self) -> None:
        """The step before is committed: raise RunCancelled if the run was cancelled."""
        self.check()
        if self._step is not None:
            self._step.begin()

    def check(self, **unused: Any) -> None:
        """Raise RunCancelled if the run was cancelled."""
        if self._cancelled.is_set():
            raise RunCancelled

    def pause(self, seconds: float) -> None:
        """Sleep, unless the run is cancelled."""
        self._cancelled.wait(seconds)
        self.check()

    def cancel(self) -> None:
        """Ask the run to end; may be called again while it does not."""
        self._cancelled.set()
        for interrupt in tuple(self._interrupts):
            # The connection may be gone by now, or idle; either way the run is at its end.
            with suppress(Exception):
                interrupt()


async def in_thread(work: Callable[[], _T]) -> _T:
    """Do `work` in a new thread and await its end.

    When the awaiting task is cancelled, the work is interrupted; the cancellation goes on once the thread has ended,
    that is, once it has rolled back and freed what it held. Where the database cannot undo DDL, the revision that runs
    is completed first.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[_T] = loop.create_future()
    run = _Run()

    def settle(result: _T | None, error: BaseException | None) -> None:
        if done.cancelled():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]  # without an error there is a result

    def body() -> None:
        RUN_HOOKS.set((run.around, *RUN_HOOKS.get()))
        BETWEEN_STEPS.set(run.between)
        PAUSE.set(run.pause)
        result: _T | None = None
        error: BaseException | None = None
        try:
            result = work()
        except (RunCancelled, KeyboardInterrupt, SystemExit) as stopped:
            # An event loop takes these for its own end.
            error = RuntimeError(f"the run was ended by {type(stopped).__name__}: {stopped}")
            error.__cause__ = stopped
        except BaseException as raised:  # noqa: BLE001 - handed over to the awaiting task
            error = raised
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, result, error)

    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(body,), name="limbeck")
    thread.start()
    try:
        return await asyncio.shield(done)
    except asyncio.CancelledError:
        while not done.done():
            await asyncio.shield(loop.run_in_executor(None, run.cancel))
            with suppress(asyncio.CancelledError):
                await asyncio.wait({done}, timeout=_AGAIN)
        done.exception()  # seen: the caller is told of the cancellation
        raise
