"""The options of safe execution: from `[limbeck]`, the command line, and names in a revision file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from limbeck.settings.limbeck_section import PARSERS, Settings
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.config import Config
    from limbeck.runtime._run import StepRun

#: The longest pause between two attempts, in seconds.
LONGEST_PAUSE = 60.0


@dataclass(frozen=True)
class Limits:
    """How long a statement may wait and run, and how often a revision is tried again.

    The names are those of the settings, of the options of `upgrade` and `downgrade`, and of names in a revision file.

    :ivar lock_timeout: seconds that a statement waits for a lock; `None` for the server's setting.
    :ivar statement_timeout: seconds that a statement may run; `None` for the server's setting.
    :ivar lock_retries: the attempts after the first.
    :ivar lock_backoff: seconds before the second attempt.
    """

    lock_timeout: float | None = None
    statement_timeout: float | None = None
    lock_retries: int = 0
    lock_backoff: float = 1.0

    def __bool__(self) -> bool:
        """Return whether any timeout or retry is wanted."""
        timeouts = (self.lock_timeout, self.statement_timeout)
        return self.lock_retries > 0 or timeouts != (None, None)

    def pause_after(self, attempt: int) -> float:
        """Return the longest pause after a failed attempt, in seconds.

        :param attempt: the number of the attempt, from 1.
        """
        return min(LONGEST_PAUSE, self.lock_backoff * 2.0 ** min(attempt - 1, 30))

    def replaced_by(self, values: Mapping[str, Any], where: str) -> Limits:
        """Return limits in which values replace those of this object.

        :param values: values by name; other names and `None` are ignored.
        :param where: the place of the values, for messages.
        :raises CommandError: a value is not a number, or negative.
        """
        found = {
            name: PARSERS[name](where, name, values[name])
            for name in _LIMIT_NAMES
            if values.get(name) is not None
        }
        return replace(self, **found) if found else self


@dataclass(frozen=True)
class ExecutionOptions:
    """What a run does beyond Alembic.

    :ivar limits: timeouts and retries of the project.
    :ivar given: the limits of the command line, by name; they also replace those of a revision file.
    :ivar sqlite_transactional_ddl: a revision on SQLite is one transaction.
    :ivar journal: steps are recorded in the journal.
    :ivar checksum: what a changed file of an applied revision causes: `off`, `warn` or `error`.
    :ivar resume: a revision that an earlier run has not finished goes on after its last statement.
    :ivar if_behind: an upgrade does not run env.py if the database is at the target.
    :ivar destructive: what a run that destroys rows or values causes: `allow`, `ask` or `refuse`.
    :ivar allow_destructive: revisions that may destroy them.
    :ivar plan: the path of the plan file that is run; `None` for a run without one.
    """

    limits: Limits = Limits()
    given: tuple[tuple[str, Any], ...] = ()
    sqlite_transactional_ddl: bool = False
    journal: bool = False
    checksum: str = "warn"
    resume: bool = False
    if_behind: bool = False
    destructive: str = "allow"
    allow_destructive: tuple[str, ...] = ()
    plan: str | None = None

    @property
    def applies_to_each_step(self) -> bool:
        """Whether an option is on that concerns every step of a run, not only revisions with names of their own."""
        limits = self.limits.replaced_by(dict(self.given), "the command line")
        return bool(limits) or self.sqlite_transactional_ddl or self.journal


def limits_of(options: ExecutionOptions, run: StepRun) -> Limits:
    """Return the limits of a step: the project's, replaced by the names in the revision file, and by the command line.

    :param options: the options of the run.
    :param run: the step; a stamp has no limits.
    :raises CommandError: a value is not a number, or negative.
    """
    revision = getattr(run.step, "revision", None)
    if revision is None:
        return Limits()
    own = options.limits.replaced_by(vars(revision.module), str(revision.path))
    return own.replaced_by(dict(options.given), "the command line")


def options_of(config: Config) -> ExecutionOptions:
    """Return the options of a command.

    :raises CommandError: a setting is invalid.
    """
    settings = Settings.read(config)
    given = _GIVEN.get()
    if not given and config.cmd_opts is not None:
        given = {name: getattr(config.cmd_opts, name, None) for name in _LIMIT_NAMES}
    resume = bool(given.get("resume", False) or getattr(config.cmd_opts, "resume", False))
    if resume and not settings.journal:
        raise CommandError(
            "--resume needs the journal, which records the finished statements\n\n"
            "hint: set `journal = true` under [limbeck]"
        )
    return ExecutionOptions(
        Limits(*(getattr(settings, name) for name in _LIMIT_NAMES)),
        tuple((name, given[name]) for name in _LIMIT_NAMES if given.get(name) is not None),
        settings.sqlite_transactional_ddl,
        settings.journal,
        settings.checksum,
        resume,
        _if_behind(config, given, settings),
        settings.destructive,
        _allowed(config, given),
        given.get("plan") or getattr(config.cmd_opts, "plan", None),
    )


def _allowed(config: Config, given: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the revisions that may be destructive: values of an option that may name several, by commas."""
    values = given.get("allow_destructive") or getattr(config.cmd_opts, "allow_destructive", None)
    names = (name.strip() for value in values or () for name in value.split(","))
    return tuple(filter(None, names))


def _if_behind(config: Config, given: Mapping[str, Any], settings: Settings) -> bool:
    chosen: bool | None = given.get("if_behind")
    if chosen is not None:
        return chosen
    return settings.if_behind or bool(getattr(config.cmd_opts, "if_behind", False))


_LIMIT_NAMES = tuple(field.name for field in fields(Limits))
#: The options that an application gave, by name.
_GIVEN: ContextVar[Mapping[str, Any]] = ContextVar("limbeck_given_limits", default={})  # noqa: B039 - never changed


@contextmanager
def given_options(values: Mapping[str, Any]) -> Iterator[None]:
    """Within the block, commands have these options in addition to the settings.

    :param values: the limits, `resume`, `if_behind`, `allow_destructive` and `plan`, by name; `None` for the project's setting.
    """
    token = _GIVEN.set(values)
    try:
        yield
    finally:
        _GIVEN.reset(token)
