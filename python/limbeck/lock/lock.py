"""The migration lock: one process migrates a database, the others wait.

The lock is held by a second connection of env.py's engine, in autocommit. Waiting processes poll: a session that
waited *inside* a statement would block the holder's `CREATE INDEX CONCURRENTLY`. The server releases the lock when
the session ends, however the process ended.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from limbeck.lock.backends import Lock, lock_for
from limbeck.runtime._notices import Notify, notifier
from limbeck.runtime._run_hooks import PAUSE, RUN_HOOKS, PlanFn
from limbeck.settings.limbeck_section import Settings
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from limbeck.config import Config
    from limbeck.runtime.migration import MigrationContext

_MARK = "limbeck_lock"

_FIRST_PAUSE, _LONGEST_PAUSE, _GROWTH = 0.05, 1.0, 1.5
#: The interval of the message about waiting, in seconds.
_REMINDER = 15.0


class LockTimeout(CommandError):
    """Another process held the migration lock for longer than the timeout."""


@dataclass(frozen=True)
class LockRequest:
    """A request for the lock.

    :ivar timeout: the longest wait, in seconds.
    """

    timeout: float


def request_of(config: Config) -> LockRequest | None:
    """Return the request of the command line or the settings.

    :raises CommandError: for an invalid setting.
    """
    options = config.cmd_opts
    settings = Settings.read(config)
    if not (getattr(options, "lock", False) or settings.lock):
        return None
    timeout = getattr(options, "lock_wait", None)
    return LockRequest(settings.lock_wait if timeout is None else timeout)


#: Whether the caller has lock_is_decided about the lock, so that the configuration is not read.
_DECIDED: ContextVar[bool] = ContextVar("limbeck_lock_decided", default=False)


@contextmanager
def lock_is_decided() -> Iterator[None]:
    """Within the block, `locking(config)` ignores the configuration: the caller has lock_is_decided."""
    token = _DECIDED.set(True)
    try:
        yield
    finally:
        _DECIDED.reset(token)


@contextmanager
def locking(config: Config, request: LockRequest | Literal[False] | None = None) -> Iterator[None]:
    """Within the block, each migration run of this execution context takes the lock first.

    :param config: decides, unless `request` is given.
    :param request: a request for the lock, or `False` for none, whatever the configuration says.
    """
    if request is None and not _DECIDED.get():
        request = request_of(config)
    if not request:
        yield
        return
    held: list[_HeldLock] = []
    wanted = request
    tell = notifier(config)

    @contextmanager
    def around(context: MigrationContext, plan: PlanFn) -> Iterator[None]:
        if not context.as_sql and context.connection is not None and _is_needed(context, plan):
            held.append(_take(context, context.connection, wanted, tell))
        yield

    token = RUN_HOOKS.set((*RUN_HOOKS.get(), around))
    try:
        yield
    finally:
        RUN_HOOKS.reset(token)
        for one in held:
            one.run_ended()


def _is_needed(context: MigrationContext, plan: PlanFn) -> bool:
    """Return whether a run has steps; this is lock_is_decided again once the lock is held."""
    connection = context.connection
    assert connection is not None
    if context.opts.get("purge"):
        return True
    fresh = not connection.in_transaction()
    if not fresh and connection.get_isolation_level() not in ("READ COMMITTED", "AUTOCOMMIT"):
        # Reading now would fix the transaction's snapshot, in which the holder's changes are invisible.
        return True
    # While waiting, keep no snapshot and no table lock: the holder's CREATE INDEX CONCURRENTLY waits for both.
    nested = None if fresh else connection.begin_nested()
    try:
        steps = list(plan(context.get_current_heads(), context))
    finally:
        if nested is not None:
            nested.rollback()
        elif connection.in_transaction():
            connection.rollback()
    return bool(steps)


def _take(
    context: MigrationContext, connection: Connection, request: LockRequest, tell: Notify
) -> _HeldLock:
    lock = lock_for(connection, context.version_table, context.version_table_schema)
    try:
        _wait(lock, request.timeout, tell)
    except BaseException:
        lock.close()
        raise
    return _HeldLock(connection, lock)


def _wait(lock: Lock, timeout: float, tell: Notify) -> None:
    """Poll for the lock until it is granted."""
    started = time.monotonic()
    pause = _FIRST_PAUSE
    reminded: float | None = None
    while not lock.try_acquire():
        now = time.monotonic()
        if now - started >= timeout:
            raise LockTimeout(
                f"No migration lock within {timeout:g} s: it is held by {lock.holder()}; "
                "wait for that process to end, or give more time with --lock-wait"
            )
        if reminded is None or now - reminded >= _REMINDER:
            reminded = now
            tell(f"Waiting for the migration lock, held by {lock.holder()}")
        PAUSE.get()(min(pause * random.uniform(0.5, 1.0), started + timeout - now))
        pause = min(_LONGEST_PAUSE, pause * _GROWTH)


class _HeldLock:
    """A lock that is held until the run is committed.

    env.py decides when to commit. A connection that returns to its pool has certainly committed or rolled back. At that
    moment, env.py's event loop is still running, if there is one; an asynchronous connection can only be used there.
    """

    def __init__(self, connection: Connection, lock: Lock) -> None:
        from sqlalchemy import event

        self._connection = connection
        self._lock = lock
        self._released = False
        self._pool: Any = connection.engine.pool
        # On the record, because a cancelled statement closes the driver's connection.
        marks = connection.connection.record_info
        if marks is not None:  # None for a connection that is detached from its pool
            marks[_MARK] = self
        event.listen(self._pool, "checkin", self._checked_in)

    def _checked_in(self, dbapi_connection: Any, record: Any) -> None:
        if record.record_info.get(_MARK) is self:
            del record.record_info[_MARK]
            self._release()

    def run_ended(self) -> None:
        """Release the lock, unless a transaction is still open on the connection."""
        if self._connection.closed or not self._connection.in_transaction():
            self._release()
        if self._released:
            from sqlalchemy import event

            # Not in the event: a listener cannot be removed while listeners are called.
            event.remove(self._pool, "checkin", self._checked_in)

    def _release(self) -> None:
        if not self._released:
            self._released = True
            self._lock.close()
