"""`wait()`: polls the status of a database until a revision is applied."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from limbeck.state.errors import DatabaseUnreachable, StatusUnknown
from limbeck.state.readers import TIMEOUT, Reader
from limbeck.state.source import RUNS_ENV, locate
from limbeck.state.status import open_script
from limbeck.state.types import Status, compare, includes
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.config import Config
    from limbeck.script import ScriptDirectory

#: Pauses between two reads, in seconds: the first, the longest, and the growth factor.
_FIRST_PAUSE, _LONGEST_PAUSE, _GROWTH = 0.1, 3.0, 1.6


class WaitTimeout(CommandError):
    """The database has not applied the revision in time.

    :ivar status: the last status; `None` if the server was not reachable at the end.
    :ivar exit_status: the exit status of `alembic wait`.
    """

    def __init__(self, message: str, status: Status | None, exit_status: int) -> None:
        super().__init__(message)
        self.status = status
        self.exit_status = exit_status


class _Wait:
    """The state of a wait. Its caller reads the status and sleeps, in a thread or a coroutine.

    :param target: the identifier of the revision; `None` for the head.
    """

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
        self._reported: object = None
        self._last_result: Status | DatabaseUnreachable | None = None

    @property
    def seconds_left(self) -> float:
        """Seconds until the timeout."""
        return self._end - time.monotonic()

    @property
    def read_timeout(self) -> float:
        """The timeout of the next read, in seconds."""
        return max(1.0, min(TIMEOUT, self.seconds_left))

    def process(self, result: Status | DatabaseUnreachable) -> Status | None:
        """Process the result of a read; return the status if the revision is applied, else `None`.

        :raises DatabaseError: waiting does not help.
        """
        if isinstance(result, DatabaseUnreachable) and result.kind == "refused":
            raise result  # waiting changes neither user nor password
        if isinstance(result, Status) and result.state == "no-revisions":
            raise StatusUnknown(
                f"Can't wait for '{self.target or 'head'}': there are no revision files",
                "a build with migrations has lost its version location",
            )
        read_timed_out = isinstance(result, DatabaseUnreachable) and result.kind == "timeout"
        # A read whose timeout was short because the wait is ending must not hide the result before it.
        if not (read_timed_out and self.seconds_left <= 0 and self._last_result is not None):
            self._last_result = result
        if isinstance(result, DatabaseUnreachable):
            self._report(f"waiting for the server: {result.message}", result.kind)
            return None
        if self._is_reached(result):
            return result
        wanted = f"revision {self.target}" if self.target else "the head revision"
        state = f"{result.state}, at {', '.join(result.applied) or 'no revision'}"
        self._report(f"the server answers; waiting for {wanted}: {state}", state)
        return None

    def _is_reached(self, status: Status) -> bool:
        if self.target is None:
            return status.at_head
        return includes(self.script, status.applied, self.target)

    def _report(self, text: str, reason: object) -> None:
        """Report why the wait continues, if the reason has changed."""
        if reason != self._reported:
            self._reported = reason
            self.tell(text)

    def pauses(self) -> Iterator[float]:
        """Yield the pause before each next read, in seconds, until the timeout."""
        import random

        pause = _FIRST_PAUSE
        while self.seconds_left > 0:
            # Random, so that replicas that start together do not read together.
            yield min(self.seconds_left, pause * random.uniform(0.5, 1.0))
            pause = min(_LONGEST_PAUSE, pause * _GROWTH)

    def timed_out(self) -> WaitTimeout:
        """Return the error of the timeout."""
        last = self._last_result
        after = f"Timed out after {self.timeout:g} s"
        if isinstance(last, Status):
            wanted = f"revision {self.target}" if self.target else "the head revision"
            text = f"{after} of waiting for {wanted}; the database is {last.state}"
            # The exit status is that of `behind` if the database is at the head, but the target is not applied.
            return WaitTimeout(text, last, last.exit_status or 3)
        message = last.message if last is not None else "it was never asked"
        return WaitTimeout(f"{after} of waiting for the server: {message}", None, 7)


def _prepare(
    config: Config, target: str, url: str | None, timeout: float, tell: Callable[[str], None] | None
) -> tuple[_Wait, Reader]:
    """Return the state and the reader of a wait.

    :raises CommandError: if the target is not a revision, or the configuration is incomplete.
    """
    script = open_script(config)
    tell = tell or (lambda text: None)
    source = locate(config, script, url)
    if source is None:
        tell(f"wait: {RUNS_ENV}")
    reader = Reader(config, script, source)
    identifier = None
    if target not in ("head", "heads"):
        revision = next(iter(script._get_any((), target)), None)
        if revision is None:
            raise CommandError(f"Can't wait for '{target}': it is no revision")
        identifier = revision.revision
    return _Wait(script, identifier, timeout, tell), reader


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
    :param url: the URL of the database, if not the configured one.
    :param tell: called with a line of text whenever the reason for waiting changes.
    :return: the status that ended the wait.
    :raises WaitTimeout: if the revision is not applied in time.
    :raises DatabaseUnreachable: if the server rejects the user.
    :raises StatusUnknown: if there are no revision files.
    :raises VersionTableUnreadable: if the version table cannot be read, which waiting does not change.
    :raises CommandError: if the revision does not exist, or the configuration is incomplete.
    """
    waiting, reader = _prepare(config, target, url, timeout, tell)
    pauses = waiting.pauses()
    while True:
        result: Status | DatabaseUnreachable
        try:
            result = compare(waiting.script, reader.read(waiting.read_timeout))
        except DatabaseUnreachable as error:
            result = error
        if status := waiting.process(result):
            return status
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
        result: Status | DatabaseUnreachable
        try:
            result = compare(waiting.script, await reader.read_async(waiting.read_timeout))
        except DatabaseUnreachable as error:
            result = error
        if status := waiting.process(result):
            return status
        if (pause := next(pauses, None)) is None:
            raise waiting.timed_out()
        await asyncio.sleep(pause)
