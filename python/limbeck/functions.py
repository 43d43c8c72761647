"""The commands as functions for applications, which return values instead of printing.

They are available as `limbeck.upgrade(...)` and so on, and run in the calling thread. `limbeck.aio` has the same functions
as coroutines.
"""

from __future__ import annotations

import copy
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from limbeck.execution.options import given_options
from limbeck.lock.lock import LockRequest, lock_config_ignored, locking
from limbeck.runtime._run_hooks import RUN_HOOKS, PlanFn
from limbeck.settings.limbeck_section import Settings
from limbeck.state.at_target import AT_TARGET
from limbeck.state.driver_hints import diagnose
from limbeck.state.errors import DatabaseUnreachable
from limbeck.state.sqlalchemy_readers import first_line

if TYPE_CHECKING:
    from limbeck.config import Config
    from limbeck.rebasing.rebase import Rebase
    from limbeck.runtime.migration import MigrationContext, MigrationInfo
    from limbeck.saved_plan.types import Plan
    from limbeck.squashing.squash import Mode, Squash


@dataclass(frozen=True)
class Step:
    """One step of a command."""

    direction: Literal["upgrade", "downgrade", "stamp"]
    #: The revision that was run or stamped; `None` for a stamp to the base.
    revision: str | None
    #: The message of the revision; empty for a stamp.
    doc: str


@dataclass(frozen=True)
class RunResult:
    """The result of a command; true if there were steps."""

    #: The steps in order; empty if there was nothing to do.
    steps: tuple[Step, ...]
    #: The rows of the version table afterwards, sorted.
    heads: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.steps)


@dataclass(frozen=True)
class CheckResult:
    """The differences between the models and the database."""

    #: In the form that `alembic.autogenerate.compare_metadata` returns.
    differences: tuple[Any, ...]

    @property
    def clean(self) -> bool:
        """Whether there are no differences."""
        return not self.differences


class Record:
    """Records the steps of a command, which may have several runs."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        #: Whether env.py has connected.
        self.has_connected = False
        self._rows: set[str] = set()

    @contextmanager
    def record_run(self, context: MigrationContext, plan: PlanFn) -> Iterator[None]:
        """Record the steps of one run, and the rows after it; a run hook."""
        self.has_connected = True
        callbacks = context.on_version_apply_callbacks
        context.on_version_apply_callbacks = (*callbacks, self._record_step)
        yield
        if not context.as_sql:
            self._rows.update(context.get_current_heads())

    def _record_step(self, *, step: MigrationInfo, **unused: Any) -> None:
        if step.is_stamp:
            revisions = step.destination_revision_ids or (None,)
            self.steps.extend(Step("stamp", revision, "") for revision in revisions)
            return
        revision = step.up_revision
        # A custom revision map may contain a `Revision` that is not a `Script`, and has no message.
        doc: str = getattr(revision, "doc", "")
        identifier = revision.revision if revision is not None else step.up_revision_id
        direction: Literal["upgrade", "downgrade"] = "upgrade" if step.is_upgrade else "downgrade"
        self.steps.append(Step(direction, identifier, doc or ""))

    def record_rows(self, rows: tuple[str, ...]) -> None:
        """Record the rows of a command that had nothing to do."""
        self._rows.update(rows)

    def result(self) -> RunResult:
        """Return the steps of all runs, and the rows after each run."""
        return RunResult(tuple(self.steps), tuple(sorted(self._rows)))


def _lock_request(
    config: Config, lock: bool | None, lock_wait: float | None
) -> LockRequest | Literal[False]:
    """Return the request for the lock by the arguments, or by the settings where these are `None`; `False` for none."""
    settings = Settings.read(config)
    if not (settings.lock if lock is None else lock):
        return False
    return LockRequest(settings.lock_wait if lock_wait is None else lock_wait)


def _quiet(config: Config) -> Config:
    """Return a copy of the configuration with which commands print nothing."""
    quiet = copy.copy(config)
    quiet.stdout = io.StringIO()
    return quiet


def _run(
    name: str,
    config: Config,
    revision: str | Sequence[str] | None,
    lock: bool | None,
    lock_wait: float | None,
    options: Mapping[str, Any],
    **more: Any,
) -> RunResult:
    """Run the command `name` and return its result; see `upgrade` for the parameters."""
    from limbeck import command

    record = Record()
    request = _lock_request(config, lock, lock_wait)
    token = RUN_HOOKS.set((*RUN_HOOKS.get(), record.record_run))
    at_target = AT_TARGET.set(record.record_rows)
    try:
        with locking(config, request), lock_config_ignored(), given_options(options):
            getattr(command, name)(_quiet(config), revision, **more)
    except Exception as error:
        # Later, a migration may fail with such an error about another server.
        if not record.has_connected and (found := diagnose(error)) and found.kind is not None:
            raise DatabaseUnreachable(
                first_line(error, None), found.hint, kind=found.kind
            ) from error
        raise
    finally:
        AT_TARGET.reset(at_target)
        RUN_HOOKS.reset(token)
    return record.result()


def upgrade(
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
    """Upgrade a database.

    :param config: the configuration
    :param revision: the target
    :param lock: take the migration lock; `None` for the project's setting
    :param lock_wait: seconds to wait for the migration lock; `None` for the project's setting
    :param lock_timeout: seconds that a statement waits for a lock of the database
    :param statement_timeout: seconds that a statement may run
    :param lock_retries: how often a revision is tried again after a lock timeout or a deadlock
    :param lock_backoff: seconds before the second attempt, doubled for each further one
    :param resume: go on in a revision that an earlier run has not finished; needs the journal
    :param if_behind: do not run env.py if the database is at the target; `None` for the project's setting
    :param plan: a plan file that is run; the target is that of the plan
    :param allow_destructive: revisions that may destroy rows or values, whatever the project's setting is
    :param tag: the result of `get_tag_argument()` in env.py
    :return: the steps, and the rows of the version table afterwards
    :raises CommandError: as `alembic.command.upgrade`
    :raises DatabaseUnreachable: the server does not answer, rejects the user, or has no such database
    :raises LockTimeout: the lock was not free in time
    """
    options = {
        "lock_timeout": lock_timeout,
        "statement_timeout": statement_timeout,
        "lock_retries": lock_retries,
        "lock_backoff": lock_backoff,
        "resume": resume,
        "if_behind": if_behind,
        "plan": plan,
        "allow_destructive": allow_destructive,
    }
    target = None if plan is not None and revision == "head" else revision
    return _run("upgrade", config, target, lock, lock_wait, options, tag=tag)


def plan(
    config: Config,
    target: str = "heads",
    *,
    downgrade: bool = False,
    lint: bool = True,
    output: str | None = None,
    tag: str | None = None,
) -> Plan:
    """Return what an upgrade or a downgrade would do. The database is only read.

    env.py runs, and the bodies of the pending revisions are called with a connection that has no database.

    :param config: the configuration
    :param target: the target
    :param downgrade: plan a downgrade
    :param lint: check the revisions, with the project's settings of `lint`
    :param output: the path of a file in which the plan is saved, for the parameter `plan` of `upgrade`
    :param tag: the result of `get_tag_argument()` in env.py
    :return: the plan
    :raises CommandError: the target cannot be reached, or the file cannot be written
    """
    from limbeck.lint.run import Options
    from limbeck.saved_plan.file import as_json
    from limbeck.saved_plan.make import make_plan
    from limbeck.util._files import write_file

    options = Options.of(config) if lint else None
    made = make_plan(config, target, "downgrade" if downgrade else "upgrade", tag=tag, lint=options)
    if output is not None:
        write_file(output, as_json(made))
    return made


def rebase(
    config: Config,
    revisions: str | None = None,
    *,
    onto: str | None = None,
    git_base: str | None = None,
    check_db: bool = False,
    url: str | None = None,
    drop_merges: bool = False,
    dry_run: bool = False,
) -> Rebase:
    """Move revisions onto others by editing `down_revision` in their files.

    :param config: the configuration
    :param revisions: a revision, for it and what stands on it, or `START:END`; by default what the base does not have
    :param onto: the revision on which they are to stand; by default the head of the base
    :param git_base: the Git ref that is the base; by default the default branch
    :param check_db: refuse to move what a database has applied
    :param url: the URL of that database; by default the project's
    :param drop_merges: remove merge revisions with empty bodies for which nothing is left to merge
    :param dry_run: change nothing
    :return: what moved
    :raises CommandError: the move is refused; no file is changed then
    """
    from limbeck.rebasing.rebase import Request, run

    return run(
        config,
        Request(
            revisions,
            onto=onto,
            git_base=git_base,
            check_db=check_db,
            url=url,
            drop_merges=lambda merges: drop_merges,
            dry_run=dry_run,
        ),
    )


def squash(
    config: Config,
    revisions: str,
    *,
    message: str | None = None,
    mode: Mode = "schema",
    keep: str | None = None,
    keep_data: bool | None = None,
    verify: bool = False,
    dry_run: bool = False,
) -> Squash:
    """Replace the revisions of a range by one, which has the identifier of the last one.

    :param config: the configuration
    :param revisions: the range `FROM:TO`, both included
    :param message: the message of the new revision
    :param mode: how its body is made: `schema`, from the schema that the revisions make, or `concat`, from the old bodies
    :param keep: the folder in which the folder of the old files is made; by default `squashed` beside the new file
    :param keep_data: in the mode `schema`, whether the rows that data statements insert are written; has to be given if there
        are data statements
    :param verify: compare what the old and the new revisions make on scratch databases
    :param dry_run: change nothing
    :return: what was replaced
    :raises CommandError: the squash is refused; no file is changed then
    """
    from limbeck.squashing.squash import Request, run

    return run(config, Request(revisions, message, mode, keep, keep_data, verify, dry_run))


def downgrade(
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
    """Downgrade a database. Parameters and errors are those of `upgrade`."""
    options = {
        "lock_timeout": lock_timeout,
        "statement_timeout": statement_timeout,
        "lock_retries": lock_retries,
        "lock_backoff": lock_backoff,
        "resume": resume,
        "plan": plan,
        "allow_destructive": allow_destructive,
    }
    return _run("downgrade", config, revision, lock, lock_wait, options, tag=tag)


def stamp(
    config: Config,
    revision: str | Sequence[str],
    *,
    lock: bool | None = None,
    lock_wait: float | None = None,
    tag: str | None = None,
    purge: bool = False,
) -> RunResult:
    """Record revisions without running them. Parameters and errors are those of `upgrade`.

    :param purge: delete all rows of the version table first
    """
    return _run("stamp", config, revision, lock, lock_wait, {}, tag=tag, purge=purge)


def current(config: Config) -> tuple[str, ...]:
    """Return the rows of the version table, sorted. They are read by running env.py.

    :raises DatabaseUnreachable: if the server does not answer or rejects the user
    :raises VersionTableUnreadable: if the version table cannot be read
    :raises CommandError: if env.py runs no migrations, or uses several databases with different revisions
    """
    from limbeck.state.sqlalchemy_readers import through_env
    from limbeck.state.status import open_script

    return through_env(config, open_script(config), None).rows


def check(config: Config) -> CheckResult:
    """Compare the models with the database.

    :raises CommandError: as `alembic.command.check`, for example if the database is not at the head
    """
    from limbeck import command
    from limbeck.util.exc import AutogenerateDiffsDetected

    try:
        command.check(_quiet(config))
    except AutogenerateDiffsDetected as found:
        return CheckResult(tuple(found.diffs))
    return CheckResult(())
