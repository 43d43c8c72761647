"""The functions of `limbeck` as coroutines, for applications on asyncio.

    async with lifespan:
        await limbeck.aio.upgrade(Config("alembic.ini"), "head", lock=True)

The project's env.py needs no change: it runs in a separate thread, where it may call `asyncio.run`. Several
environments may run at the same time. If a function is cancelled, its run is interrupted, rolls back and releases the lock; then the function
raises `CancelledError`. If the database cannot roll back DDL, a revision that has changed something is completed first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from limbeck import functions
from limbeck.functions import CheckResult, RunResult, Step
from limbeck.lock.lock import LockTimeout
from limbeck.runtime._run_in_thread import in_thread
from limbeck.state.errors import (
    DatabaseError,
    DatabaseUnreachable,
    VersionTableUnreadable,
)
from limbeck.state.readers import TIMEOUT
from limbeck.state.status import status_async
from limbeck.state.types import Status
from limbeck.state.wait import WaitTimeout, wait_async

if TYPE_CHECKING:
    from limbeck.config import Config
    from limbeck.saved_plan.types import Plan

__all__ = [
    "CheckResult",
    "DatabaseError",
    "DatabaseUnreachable",
    "LockTimeout",
    "RunResult",
    "Status",
    "Step",
    "VersionTableUnreadable",
    "WaitTimeout",
    "check",
    "current",
    "downgrade",
    "plan",
    "stamp",
    "status",
    "upgrade",
    "wait",
]


async def status(config: Config, *, url: str | None = None, timeout: float = TIMEOUT) -> Status:
    """Return the status of a database; see `limbeck.status`."""
    return await status_async(config, url=url, timeout=timeout)


async def wait(
    config: Config,
    target: str = "head",
    *,
    timeout: float = 60.0,
    url: str | None = None,
    tell: Callable[[str], None] | None = None,
) -> Status:
    """Wait until a database has applied a revision; see `limbeck.wait`."""
    return await wait_async(config, target, timeout=timeout, url=url, tell=tell)


async def upgrade(
    config: Config,
    revision: str = "head",
    *,
    lock: bool | None = None,
    lock_wait: float | None = None,
    lock_timeout: float | None = None,
    statement_timeout: float | None = None,
    lock_retries: int | None = None,
    lock_backoff: float | None = None,
    resume: bool = False,
    if_behind: bool | None = None,
    plan: str | None = None,
    allow_destructive: Sequence[str] = (),
    tag: str | None = None,
) -> RunResult:
    """Upgrade a database; see `limbeck.upgrade`."""
    return await in_thread(
        lambda: functions.upgrade(
            config,
            revision,
            lock=lock,
            lock_wait=lock_wait,
            lock_timeout=lock_timeout,
            statement_timeout=statement_timeout,
            lock_retries=lock_retries,
            lock_backoff=lock_backoff,
            resume=resume,
            if_behind=if_behind,
            plan=plan,
            allow_destructive=allow_destructive,
            tag=tag,
        )
    )


async def plan(
    config: Config,
    target: str = "heads",
    *,
    downgrade: bool = False,
    lint: bool = True,
    output: str | None = None,
    tag: str | None = None,
) -> Plan:
    """Return the plan of an upgrade or a downgrade; see `limbeck.plan`."""
    return await in_thread(
        lambda: functions.plan(
            config, target, downgrade=downgrade, lint=lint, output=output, tag=tag
        )
    )


async def downgrade(
    config: Config,
    revision: str,
    *,
    lock: bool | None = None,
    lock_wait: float | None = None,
    lock_timeout: float | None = None,
    statement_timeout: float | None = None,
    lock_retries: int | None = None,
    lock_backoff: float | None = None,
    resume: bool = False,
    plan: str | None = None,
    allow_destructive: Sequence[str] = (),
    tag: str | None = None,
) -> RunResult:
    """Downgrade a database; see `limbeck.downgrade`."""
    return await in_thread(
        lambda: functions.downgrade(
            config,
            revision,
            lock=lock,
            lock_wait=lock_wait,
            lock_timeout=lock_timeout,
            statement_timeout=statement_timeout,
            lock_retries=lock_retries,
            lock_backoff=lock_backoff,
            resume=resume,
            plan=plan,
            allow_destructive=allow_destructive,
            tag=tag,
        )
    )


async def stamp(
    config: Config,
    revision: str | Sequence[str],
    *,
    lock: bool | None = None,
    lock_wait: float | None = None,
    tag: str | None = None,
    purge: bool = False,
) -> RunResult:
    """Record revisions without running them; see `limbeck.stamp`."""
    return await in_thread(
        lambda: functions.stamp(
            config, revision, lock=lock, lock_wait=lock_wait, tag=tag, purge=purge
        )
    )


async def current(config: Config) -> tuple[str, ...]:
    """Return the rows of the version table; see `limbeck.current`."""
    return await in_thread(lambda: functions.current(config))


async def check(config: Config) -> CheckResult:
    """Compare the models with the database; see `limbeck.check`."""
    return await in_thread(lambda: functions.check(config))
