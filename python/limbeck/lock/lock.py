"""The migration lock: of several processes that migrate one database at once, one works and the others wait.

The lock belongs to the session of a connection of its own, in autocommit, of the same engine as env.py's. Waiting is
asking again and again: a session that waits *inside* a statement would keep `CREATE INDEX CONCURRENTLY` of the holder
waiting for it in turn. The server frees the lock when the session ends, however the process ended.
"""

from __future__ import annotations

import logging
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from limbeck.runtime._hooks import PAUSE, RUN_HOOKS, PlanFn
from limbeck.settings.limbeck_section import Settings
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from limbeck.config import Config
    from limbeck.lock.kinds import Lock
    from limbeck.runtime.migration import MigrationContext

_MARK = "limbeck_lock"
_Tell = Callable[[str], None]

_FIRST_PAUSE, _LONGEST_PAUSE, _GROWTH = 0.05, 1.0, 1.5
#: Who waits is told so this often.
_REMINDER = 15.0


class LockTimeout(CommandError):
    """Another process kept the migration lock for longer than this one was to wait."""


@dataclass(frozen=True)
class LockRequest:
    """That a run is to take the lock, and for how many seconds it may wait for it."""

    timeout: float


def requested(config: Config) -> LockRequest | None:
    """What the command line or the settings ask for.

    :raises CommandError: for settings that mean nothing.
    """
    options = config.cmd_opts
    settings = Settings.read(config)
    if not (getattr(options, "lock", False) or settings.lock):
        return None
    timeout = getattr(options, "lock_timeout", None)
    return LockRequest(settings.lock_timeout if timeout is None else timeout)


#: Whether somebody has decided about the lock already, so that the configuration is not asked again.
_DECIDED: ContextVar[bool] = ContextVar("limbeck_lock_decided", default=False)


@contextmanager
def decided() -> Iterator[None]:
    """Within the block, `locking(config)` leaves the lock to who called this."""
    token = _DECIDED.set(True)
    try:
        yield
    finally:
        _DECIDED.reset(token)


@contextmanager
def locking(config: Config, request: LockRequest | Literal[False] | None = None) -> Iterator[None]:
    """Within the block, each run of migrations in this execution context takes the lock first.

    :param config: tells whether it is wanted, unless `request` does.
    :param request: asks for the lock, or with `False` for none, whatever the configuration says.
    """
    if request is None and not _DECIDED.get():
        request = requested(config)
    if not request:
        yield
        return
    held: list[_Held] = []
    wanted = request
    tell = _print if config.cmd_opts is not None else _log
    if config.messaging_opts.get("quiet"):
        tell = _say_nothing

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
    """Whether there is anything to do, which is decided again once the lock is held."""
    connection = context.connection
    assert connection is not None
    if context.opts.get("purge"):
        return True
    fresh = not connection.in_transaction()
    if not fresh and connection.get_isolation_level() not in ("READ COMMITTED", "AUTOCOMMIT"):
        # Reading now would fix what this transaction sees, and what the holder does meanwhile would stay unseen.
        return True
    # Whoever waits must keep neither snapshot nor table lock: the holder's CREATE INDEX CONCURRENTLY waits for both.
    nested = None if fresh else connection.begin_nested()
    try:
        steps = list(plan(context.get_current_heads(), context))
    finally:
        if nested is not None:
            nested.rollback()
        elif connection.in_transaction():
            connection.rollback()
    return bool(steps)


def _print(text: str) -> None:
    """To the person at the command line, whatever env.py has done to the loggers."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _log(text: str) -> None:
    # Looked up late: the fileConfig() of an env.py disables loggers that exist before it.
    logging.getLogger("alembic.runtime.lock").warning(text)


def _say_nothing(text: str) -> None:
    """The caller wants quiet."""


def _take(
    context: MigrationContext, connection: Connection, request: LockRequest, tell: _Tell
) -> _Held:
    from limbeck.lock.kinds import lock_for

    lock = lock_for(connection, context.version_table, context.version_table_schema)
    try:
        _wait(lock, request.timeout, tell)
    except BaseException:
        lock.close()
        raise
    return _Held(connection, lock)


def _wait(lock: Lock, timeout: float, tell: _Tell) -> None:
    """Ask for the lock until it is given."""
    started = time.monotonic()
    pause = _FIRST_PAUSE
    reminded: float | None = None
    while not lock.try_acquire():
        now = time.monotonic()
        if now - started >= timeout:
            raise LockTimeout(
                f"No migration lock within {timeout:g} s: it is held by {lock.holder()}; "
                "wait for that process to end, or give more time with --lock-timeout"
            )
        if reminded is None or now - reminded >= _REMINDER:
            reminded = now
            tell(f"Waiting for the migration lock, held by {lock.holder()}")
        PAUSE.get()(min(pause * random.uniform(0.5, 1.0), started + timeout - now))
        pause = min(_LONGEST_PAUSE, pause * _GROWTH)


class _Held:
    """A lock that is held until the work under it is committed.

    env.py commits, at a time of its own choosing. What is certain: a connection that goes back to its pool has
    committed or rolled back. That moment also is still inside env.py's event loop, if it has one, in which alone
    a connection of an asynchronous driver can be used.
    """

    def __init__(self, connection: Connection, lock: Lock) -> None:
        from sqlalchemy import event

        self._connection = connection
        self._lock = lock
        self._released = False
        self._pool: Any = connection.engine.pool
        # The mark outlives the driver's connection, which a cancelled statement takes with it.
        marks = connection.connection.record_info
        if marks is not None:  # it is None for a connection that its pool has let go of
            marks[_MARK] = self
        event.listen(self._pool, "checkin", self._checked_in)

    def _checked_in(self, dbapi_connection: Any, record: Any) -> None:
        if record.record_info.get(_MARK) is self:
            del record.record_info[_MARK]
            self._release()

    def run_ended(self) -> None:
        """Release unless somebody's transaction is still open on the connection."""
        if self._connection.closed or not self._connection.in_transaction():
            self._release()
        if self._released:
            from sqlalchemy import event

            # Not when the event comes: a listener cannot be removed while listeners are called.
            event.remove(self._pool, "checkin", self._checked_in)

    def _release(self) -> None:
        if not self._released:
            self._released = True
            self._lock.close()
