"""`wait()`: reads the status of a database again and again until a revision is applied."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from limbeck.state.errors import DatabaseUnreachable
from limbeck.state.readers import TIMEOUT, Reader
from limbeck.state.source import locate
from limbeck.state.status import open_script
from limbeck.state.types import Status, includes, judge
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.config import Config
    from limbeck.script import ScriptDirectory

#: Pauses between two reads, in seconds: the first, the longest, and the growth factor.
_FIRST_PAUSE, _LONGEST_PAUSE, _GROWTH = 0.1, 3.0, 1.6


class WaitTimeout(CommandError):
    """The database has not applied the revision in time.

    :ivar status: the last status; `None` if the server was never reachable.
    :ivar exit_status: the exit status of `alembic wait`.
    """

    def __init__(self, message: str, status: Status | None, exit_status: int) -> None:
        super().__init__(message)
        self.status = status
        self.exit_status = exit_status


class _Wait:
    """The state of a wait; its caller sleeps and reads."""

    def __init__(
        self,
        script: ScriptDirectory,
        target: str | None,
        timeout: float,
        tell: Callable[[str], None],
    ) -> None:
        self.script = script
        self.target = target
        self.timeout = timeout
        self.tell = tell
        self._end = time.monotonic() + self.timeout
        self._told: object = None
        self._last: Status | DatabaseUnreachable | None = None

    @property
    def left(self) -> float:
        """Seconds until the timeout."""
        return self._end - time.monotonic()

    @property
    def patience(self) -> float:
        """The timeout of the next read, in seconds."""
        return max(1.0, min(TIMEOUT, self.left))

    def arrived(self, seen: Status | DatabaseUnreachable) -> Status | None:
        """Process the result of a read; return the status if the wait is over."""
        cut_short = isinstance(seen, DatabaseUnreachable) and seen.kind == "timeout"
        if not (cut_short and self.left <= 0 and self._last is not None):
            self._last = seen
        if isinstance(seen, DatabaseUnreachable):
            self._say(f"waiting for the server: {seen.message}", seen.kind)
            return None
        if self._reached(seen):
            return seen
        wanted = f"revision {self.target}" if self.target else "the head revision"
        stands = f"{seen.state}, at {', '.join(seen.applied) or 'no revision'}"
        self._say(f"the server answers; waiting for {wanted}: {stands}", stands)
        return None

    def _reached(self, seen: Status) -> bool:
        if self.target is None:
            return seen.at_head
        return includes(self.script, seen.applied, self.target)

    def _say(self, text: str, key: object) -> None:
        if key != self._told:
            self._told = key
            self.tell(text)

    def pauses(self) -> Iterator[float]:
        """Yield the pause before each next read, in seconds, until the timeout."""
        import random

        pause = _FIRST_PAUSE
        while self.left > 0:
            # Random, so that replicas that start together do not read together.
            yield min(self.left, pause * random.uniform(0.5, 1.0))
            pause = min(_LONGEST_PAUSE, pause * _GROWTH)

    def timed_out(self) -> WaitTimeout:
        """Return the error of the timeout."""
        last = self._last
        after = f"Timed out after {self.timeout:g} s"
        if isinstance(last, Status):
            wanted = f"revision {self.target}" if self.target else "the head revision"
            text = f"{after} of waiting for {wanted}; the database is {last.state}"
            # At the head, but without the target: the target is on another branch.
            return WaitTimeout(text, last, last.exit_status or 3)
        message = last.message if last is not None else "it was never asked"
        return WaitTimeout(f"{after} of waiting for the server: {message}", None, 7)


def _prepare(
    config: Config, target: str, url: str | None, timeout: float, tell: Callable[[str], None] | None
) -> tuple[_Wait, Reader]:
    script = open_script(config)
    reader = Reader(config, script, locate(config, script, url))
    wanted = None
    if target not in ("head", "heads"):
        found = script.get_revision(target)
        if found is None:
            raise CommandError(f"Can't wait for '{target}': it is no revision")
        wanted = found.revision
    return _Wait(script, wanted, timeout, tell or (lambda text: None)), reader


def wait(
    config: Config,
    target: str = "head",
    *,
    timeout: float = 60.0,
    url: str | None = None,
    tell: Callable[[str], None] | None = None,
) -> Status:
    """Wait until the database is reachable and has applied a revision.

    :param config: the configuration.
    :param target: `head` (every revision), or one revision.
    :param timeout: the longest wait, in seconds.
    :param url: the database, if not the configured one.
    :param tell: called with a line of text whenever the reason for waiting changes.
    :return: the status that ended the wait.
    :raises WaitTimeout: if the revision is not applied in time.
    :raises VersionTableUnreadable: if the version table cannot be read, which waiting does not change.
    :raises CommandError: if the revision does not exist, or the configuration is incomplete.
    """
    waiting, reader = _prepare(config, target, url, timeout, tell)
    pauses = waiting.pauses()
    while True:
        seen: Status | DatabaseUnreachable
        try:
            seen = judge(waiting.script, reader.read(waiting.patience))
        except DatabaseUnreachable as error:
            seen = error
        if arrived := waiting.arrived(seen):
            return arrived
        if (pause := next(pauses, None)) is None:
            raise waiting.timed_out()
        time.sleep(pause)


async def wait_async(
    config: Config,
    target: str = "head",
    *,
    timeout: float = 60.0,
    url: str | None = None,
    tell: Callable[[str], None] | None = None,
) -> Status:
    """Like `wait`, without blocking the running event loop; may be cancelled."""
    import asyncio

    waiting, reader = _prepare(config, target, url, timeout, tell)
    pauses = waiting.pauses()
    while True:
        seen: Status | DatabaseUnreachable
        try:
            seen = judge(waiting.script, await reader.read_async(waiting.patience))
        except DatabaseUnreachable as error:
            seen = error
        if arrived := waiting.arrived(seen):
            return arrived
        if (pause := next(pauses, None)) is None:
            raise waiting.timed_out()
        await asyncio.sleep(pause)
