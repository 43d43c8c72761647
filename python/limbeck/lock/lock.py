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

#: The key of the lock in the `record_info` of a pooled connection.
_RECORD_KEY = "limbeck_lock"

#: Pauses between two attempts, in seconds: the first, the longest, and the growth factor.
_FIRST_PAUSE, _LONGEST_PAUSE, _GROWTH = 0.05, 1.0, 1.5
#: The interval of the message about waiting, in seconds.
_REMINDER = 15.0


class LockTimeout(CommandError):
    """The migration lock was not free in time, because another process held it."""


@dataclass(frozen=True)
class LockRequest:
    """A request for the lock.

    :ivar timeout: the longest wait, in seconds.
    """

    timeout: float


def configured_request(config: Config) -> LockRequest | None:
    """Return the request of the command line or the settings; `None` if neither asks for the lock.

    :raises CommandError: for an invalid setting.
    """
    options = config.cmd_opts
    settings = Settings.read(config)
    if not (getattr(options, "lock", False) or settings.lock):
        return None
    timeout = getattr(options, "lock_wait", None)
    return LockRequest(settings.lock_wait if timeout is None else timeout)


#: Whether `locking()` ignores the configuration.
_IGNORES_CONFIG: ContextVar[bool] = ContextVar("limbeck_lock_ignores_config", default=False)


@contextmanager
def lock_config_ignored() -> Iterator[None]:
    """Within the block, `locking(config)` ignores the configuration, because the caller has decided about the lock."""
    token = _IGNORES_CONFIG.set(True)
    try:
        yield
    finally:
        _IGNORES_CONFIG.reset(token)


@contextmanager
def locking(config: Config, request: LockRequest | Literal[False] | None = None) -> Iterator[None]:
    """Within the block, each migration run of this execution context that has steps takes the lock first.

    :param config: decides whether the lock is taken, if `request` is `None`.
    :param request: a request for the lock; `False` for no lock.
    :raises CommandError: for an invalid setting.
    """
    if request is None and not _IGNORES_CONFIG.get():
        request = configured_request(config)
    if not request:
        yield
        return
    held_locks: list[_HeldLock] = []
    # A separate variable, because type checkers do not narrow a parameter in a nested function.
    lock_request = request
    tell = notifier(config)

    @contextmanager
    def lock_run(context: MigrationContext, plan: PlanFn) -> Iterator[None]:
        if not context.as_sql and context.connection is not None and _has_steps(context, plan):
            held_locks.append(_acquire(context, context.connection, lock_request, tell))
        yield

    token = RUN_HOOKS.set((*RUN_HOOKS.get(), lock_run))
    try:
        yield
    finally:
        RUN_HOOKS.reset(token)
        for held_lock in held_locks:
            held_lock.run_ended()


def _has_steps(context: MigrationContext, plan: PlanFn) -> bool:
    """Return whether a run may have steps. The run itself computes its steps after it has taken the lock."""
    connection = context.connection
    assert connection is not None
    if context.opts.get("purge"):
        return True
    in_transaction = connection.in_transaction()
    if in_transaction and connection.get_isolation_level() not in ("READ COMMITTED", "AUTOCOMMIT"):
        # Reading now would fix the transaction's snapshot, in which the lock holder's changes are invisible.
        return True
    # Roll back after reading: the lock holder's CREATE INDEX CONCURRENTLY waits for snapshots and table locks.
    savepoint = connection.begin_nested() if in_transaction else None
    try:
        steps = list(plan(context.get_current_heads(), context))
    finally:
        if savepoint is not None:
            savepoint.rollback()
        elif connection.in_transaction():
            connection.rollback()
    return bool(steps)


def _acquire(
    context: MigrationContext, connection: Connection, request: LockRequest, tell: Notify
) -> _HeldLock:
    """Wait for the lock, and return it.

    :raises LockTimeout: if the lock is not free in time.
    """
    lock = lock_for(connection, context.version_table, context.version_table_schema)
    try:
        _wait(lock, request.timeout, tell)
    except BaseException:
        lock.close()
        raise
    return _HeldLock(connection, lock)


def _wait(lock: Lock, timeout: float, tell: Notify) -> None:
    """Poll for the lock until it is acquired.

    :raises LockTimeout: after `timeout` seconds.
    """
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
    """A lock that is held until the run is committed or rolled back.

    env.py decides when to commit. At the latest, the transaction has ended when the connection returns to its pool. If
    env.py has an event loop, it is still running then, and the lock's connection can only be used in that loop.
    """

    def __init__(self, connection: Connection, lock: Lock) -> None:
        from sqlalchemy import event

        self._connection = connection
        self._lock = lock
        self._released = False
        self._pool: Any = connection.engine.pool
        # In `record_info`, because that outlives the driver's connection, which a cancelled statement closes.
        record_info = connection.connection.record_info
        if record_info is not None:  # None for a connection that is detached from its pool
            record_info[_RECORD_KEY] = self
        event.listen(self._pool, "checkin", self._checked_in)

    def _checked_in(self, dbapi_connection: Any, record: Any) -> None:
        if record.record_info.get(_RECORD_KEY) is self:
            del record.record_info[_RECORD_KEY]
            self._release()

    def run_ended(self) -> None:
        """Release the lock, unless a transaction is still open on the connection."""
        if self._connection.closed or not self._connection.in_transaction():
            self._release()
        if self._released:
            from sqlalchemy import event

            # Not in `_checked_in`: a listener cannot be removed while listeners are called.
            event.remove(self._pool, "checkin", self._checked_in)

    def _release(self) -> None:
        if not self._released:
            self._released = True
            self._lock.close()
