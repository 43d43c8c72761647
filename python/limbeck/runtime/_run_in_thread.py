"""Runs env.py in a separate thread, for callers with a running event loop, so that env.py can call `asyncio.run`.

The thread has a copy of the execution context, so that several runs have separate `alembic.op` and `alembic.context`. A
cancelled run is interrupted and rolls back before the cancellation reaches the caller.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from limbeck.runtime._interrupts import interrupt_of
from limbeck.runtime._run_hooks import BETWEEN_STEPS, PAUSE, RUN_HOOKS, PlanFn

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from limbeck.runtime.migration import MigrationContext

_T = TypeVar("_T")
#: The interval between attempts to interrupt a run, in seconds.
_AGAIN = 0.3


class RunCancelled(BaseException):
    """The run was cancelled. A BaseException, so that revisions do not catch it and continue."""


class _Step:
    """The progress of the running revision, on a database without transactional DDL.

    Interrupting its first statement has no effect on the database. Later, its changes would remain without a version row, so
    the revision is completed.
    """

    def __init__(self, interrupt: Callable[[], object], connection: Connection) -> None:
        self._interrupt = interrupt
        self._connection = connection
        self._changed = False
        #: Prevents a statement from starting between the check and the interruption.
        self._lock = threading.Lock()
        from sqlalchemy import event

        event.listen(connection, "after_cursor_execute", self._executed)

    def begin(self) -> None:
        """Start the next revision."""
        self._changed = False

    def close(self) -> None:
        """End the run."""
        from sqlalchemy import event

        event.remove(self._connection, "after_cursor_execute", self._executed)

    def interrupt(self) -> None:
        """Interrupt the statement, unless the revision has changed the database."""
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
    """A run in a thread, with the functions that interrupt it."""

    def __init__(self) -> None:
        self._cancelled = threading.Event()
        self._interrupts: list[Callable[[], object]] = []
        self._step: _Step | None = None

    @contextmanager
    def around(self, context: MigrationContext, plan: PlanFn) -> Iterator[None]:
        """A run hook that makes the run interruptible."""
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
        """Check for cancellation between two steps."""
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
        """Interrupt the run; may be called repeatedly."""
        self._cancelled.set()
        for interrupt in tuple(self._interrupts):
            # The connection may be closed or idle by now; in both cases the run is ending.
            with suppress(Exception):
                interrupt()


async def in_thread(work: Callable[[], _T]) -> _T:
    """Call a function in a new thread, and await its result.

    When the awaiting task is cancelled, the function is interrupted. The cancellation continues when the thread has ended, after
    its rollback. Without transactional DDL, the running revision is completed first.
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
            # These would end the caller's event loop.
            error = RuntimeError(f"the run was ended by {type(stopped).__name__}: {stopped}")
            error.__cause__ = stopped
        except BaseException as raised:  # noqa: BLE001 - passed to the awaiting task
            error = raised
        with suppress(RuntimeError):  # the loop is closed, nothing waits
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
        done.exception()  # marks it as retrieved; the caller gets the cancellation
        raise
