"""How to end, from another thread, the statement that a run of migrations is in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from limbeck.runtime.migration import MigrationContext

#: How long a cancelled task of an asynchronous env.py may take to roll back.
_CLEANING = 5.0


def interrupt_of(context: MigrationContext) -> Callable[[], object]:
    """What ends the statement that a run is in, or the task that runs it; callable from another thread."""
    with suppress(RuntimeError):
        # An asynchronous env.py: the migrations run in a task of its event loop, in this thread.
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        if task is not None and not context.as_sql and context.connection is not None:
            return _TaskCanceller(loop, task, worker_interrupt(context))
    return statement_interrupt(context) or (lambda: None)


def statement_interrupt(context: MigrationContext) -> Callable[[], object] | None:
    """What ends the statement that the connection of a run is in; None if there is none, or no way to do it."""
    if context.as_sql or context.connection is None:
        return None
    driver = context.connection.connection.dbapi_connection
    for name in ("cancel", "interrupt"):  # psycopg and psycopg2; sqlite3
        method: Callable[[], object] | None = getattr(driver, name, None)
        if method is not None:
            return method
    if callable(number := getattr(driver, "thread_id", None)):  # the drivers of MySQL
        return _kill(context, number())
    return None


def worker_interrupt(context: MigrationContext) -> Callable[[], object] | None:
    """What ends the statement that an asynchronous driver has a thread of its own for, as aiosqlite does; else None.

    Cancelling the task is not enough there: rolling back waits for that thread. To be called in the event loop's thread;
    what is returned, in any.
    """
    if context.as_sql or context.connection is None:
        return None
    interrupt = getattr(context.connection.connection.driver_connection, "interrupt", None)
    if not iscoroutinefunction(interrupt):
        return None
    loop = asyncio.get_running_loop()
    return lambda: asyncio.run_coroutine_threadsafe(interrupt(), loop)


class _TaskCanceller:
    """Cancels a task, and does not disturb it while it cleans up after itself."""

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
