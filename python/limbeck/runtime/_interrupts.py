"""Cancels, from another thread, the statement that a migration run is executing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from limbeck.runtime.migration import MigrationContext

#: The time for a cancelled task of an asynchronous env.py to roll back, in seconds.
_CLEANING = 5.0


def interrupt_of(context: MigrationContext) -> Callable[[], object]:
    """Return a function that cancels the running statement, or the task that runs it; for any thread."""
    with suppress(RuntimeError):
        # An asynchronous env.py: the run is a task of its event loop, in this thread.
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        if task is not None and not context.as_sql and context.connection is not None:
            return _TaskCanceller(loop, task, worker_interrupt(context))
    return statement_interrupt(context) or (lambda: None)


def statement_interrupt(context: MigrationContext) -> Callable[[], object] | None:
    """Return a function that cancels the connection's running statement; `None` if the driver cannot cancel statements."""
    if context.as_sql or context.connection is None:
        return None
    driver = context.connection.connection.dbapi_connection
    for name in ("cancel", "interrupt"):  # psycopg and psycopg2; sqlite3
        method: Callable[[], object] | None = getattr(driver, name, None)
        if method is not None:
            return method
    if callable(number := getattr(driver, "thread_id", None)):  # MySQL drivers
        return _kill(context, number())
    return None


def worker_interrupt(context: MigrationContext) -> Callable[[], object] | None:
    """Return a function that cancels a statement in an asynchronous driver's worker thread (aiosqlite); else `None`.

    There, cancelling the task is not enough, because the rollback waits for that thread. Call this in the event loop's
    thread, and the result in any thread.
    """
    if context.as_sql or context.connection is None:
        return None
    interrupt = getattr(context.connection.connection.driver_connection, "interrupt", None)
    if not iscoroutinefunction(interrupt):
        return None
    loop = asyncio.get_running_loop()
    return lambda: asyncio.run_coroutine_threadsafe(interrupt(), loop)


class _TaskCanceller:
    """Cancels a task, and ignores further calls for `_CLEANING` seconds while the task cleans up."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        task: asyncio.Task[Any],
        worker: Callable[[], object] | None,
    ) -> None:
        self._loop = loop
        self._task = task
        self._worker = worker
        self._next = 0.0

    def __call__(self) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _CLEANING
            self._loop.call_soon_threadsafe(self._task.cancel)
            if self._worker is not None:
                self._worker()


def _kill(context: MigrationContext, number: int) -> Callable[[], None]:
    url = context.connection.engine.url

    def kill() -> None:
        from sqlalchemy import create_engine
        from sqlalchemy.pool import NullPool

        with create_engine(url, poolclass=NullPool).connect() as connection:
            connection.exec_driver_sql(f"KILL QUERY {int(number)}")

    return kill
