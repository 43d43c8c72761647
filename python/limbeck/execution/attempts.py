"""The attempts of one revision, and the pauses between them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from limbeck.runtime._run_hooks import PAUSE

if TYPE_CHECKING:
    from limbeck.execution.options import Limits
    from limbeck.runtime._notices import Notify


class Attempts:
    """Counts the attempts of a revision and of its statements, and decides whether another one follows.

    :param limits: the retries, and the pause between them.
    :param notify: called with a line of text about each failed attempt.
    :param name: the revision, for messages.
    """

    def __init__(self, limits: Limits, notify: Notify, name: str) -> None:
        self._limits = limits
        self._notify = notify
        #: The revision, for messages.
        self.name = name
        #: The attempts that have begun.
        self.count = 1

    def notify(self, text: str) -> None:
        """Report a line of text about the revision."""
        self._notify(f"{self.name}: {text}")

    def try_again(self, reason: str, blockers: Sequence[str]) -> bool:
        """Report a failed attempt; pause and return true if another one follows.

        :param reason: why the attempt failed.
        :param blockers: descriptions of the sessions that held the lock.
        """
        total = self._limits.lock_retries + 1
        held = f"; held by {'; '.join(blockers)}" if blockers else ""
        failure = f"{reason} in attempt {self.count} of {total}"
        if self.count >= total:
            if total > 1 or held:
                self.notify(failure + held)
            return False
        pause = self._limits.pause_after(self.count) * random.uniform(0.5, 1.0)
        self.notify(f"{failure}, the next one follows in {pause:.1f} s{held}")
        PAUSE.get()(pause)
        self.count += 1
        return True


class Progress:
    """What one attempt of a revision has done to the database."""

    def __init__(self) -> None:
        #: Whether anything that the attempt changed is committed.
        self.is_committed = False
        #: Whether the current transaction has changed anything.
        self.has_changes = False
        #: The finished statements of the body that change the database.
        self.statements = 0
        #: How many of them are committed.
        self.committed_statements = 0
        #: Whether the body runs now, not the change of the version table.
        self.is_in_body = False

    def committed(self) -> None:
        """Record a commit."""
        self.is_committed |= self.has_changes
        self.has_changes = False
        self.committed_statements = self.statements

    def rolled_back(self) -> None:
        """Record a rollback."""
        self.has_changes = False
