"""Records one step in the journal: what it did, or how it failed."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from limbeck.journal.entries import Journal, Unfinished, describe_error, file_of, timestamp
from limbeck.journal.statements import StatementJournal
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.execution.attempts import Progress
    from limbeck.execution.backends import Backend
    from limbeck.runtime._run import StepRun

_LONGEST_NAME = 255


class StepRecorder:
    """Writes the entry of one step.

    :param journal: the journal of the run.
    :param run: the step.
    :param backend: the backend of the connection.
    :param resume: continue an entry that an earlier run has left unfinished.
    :raises CommandError: there is such an entry, and `resume` is false.
    """

    def __init__(self, journal: Journal, run: StepRun, backend: Backend, *, resume: bool) -> None:
        revision = getattr(run.step, "revision", None)
        direction = "stamp" if revision is None else run.step.name
        self.entry = journal.begin(run.name[:_LONGEST_NAME] or "base", direction, file_of(run.step))
        unfinished = None if revision is None else journal.unfinished(run.name, direction)
        if unfinished is not None:
            self._continue(unfinished, resume=resume)
        self._started = perf_counter()
        #: Records the statements of the step.
        self.statements = StatementJournal(journal, self.entry, backend)
        if unfinished is not None:
            self.statements.resume()

    def _continue(self, unfinished: Unfinished, *, resume: bool) -> None:
        earlier = unfinished.entry
        if unfinished.statements and not resume:
            name = earlier.revision
            place = "in the backfill that is" if unfinished.is_in_backfill else "after"
            where = f"{place} statement {unfinished.statements}"
            raise CommandError(
                f"The {earlier.direction} of revision {name} ended {where} of an earlier run "
                f"({earlier.started}), and what it did is in the database\n\n"
                f"hint: `alembic {earlier.direction} --resume` goes on from there; "
                f"`alembic repair {name} --forget` makes the next run begin with the first one, and "
                f"`alembic repair {name} --mark-applied` records the revision as finished"
            )
        self.entry.id = earlier.id
        self.entry.attempts += earlier.attempts

    def succeeded(self, progress: Progress, attempts: int) -> None:
        """Write the entry in the transaction of the step."""
        self._finish("done", progress, attempts)
        self.statements.succeed()

    def failed(self, error: BaseException, progress: Progress, attempts: int) -> None:
        """Write the entry of a failed step over another connection."""
        self._finish("failed", progress, attempts)
        self.entry.error = describe_error(error)
        self.statements.fail()

    def _finish(self, outcome: str, progress: Progress, attempts: int) -> None:
        entry = self.entry
        entry.outcome = outcome
        entry.ended = timestamp()
        entry.milliseconds = round((perf_counter() - self._started) * 1000)
        entry.statements = progress.statements
        entry.attempts += attempts - 1
