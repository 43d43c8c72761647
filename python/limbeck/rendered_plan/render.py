"""Renders the steps of a plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from limbeck import _core
from limbeck.rendered_plan.engine import recording_engine
from limbeck.rendered_plan.no_database import no_database
from limbeck.rendered_plan.operations import recorded_operations
from limbeck.rendered_plan.recorder import NeedsDatabaseError, Recorder
from limbeck.rendered_plan.types import RenderedStep, Unrendered
from limbeck.runtime._run import line_in
from limbeck.runtime._version_rows import HeadMaintainer
from limbeck.runtime.migration import MigrationContext

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Dialect

    from limbeck.runtime._steps import RevisionStep
    from limbeck.runtime.environment import EnvironmentContext


@dataclass(frozen=True)
class Settings:
    """How the steps would be run.

    :ivar dialect: the dialect.
    :ivar url: the URL that bodies see as that of the engine.
    :ivar options: the options of `EnvironmentContext.configure()`.
    :ivar environment: the environment, for bodies that use `alembic.context`.
    :ivar arguments: passed to each `upgrade()` or `downgrade()`.
    """

    dialect: Dialect
    url: URL
    options: Mapping[str, Any] = field(default_factory=dict)
    environment: EnvironmentContext | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, context: MigrationContext, arguments: Mapping[str, Any]) -> Settings:
        """Return the settings of a migration context that has a connection."""
        connection = context.connection
        assert connection is not None, "the context has a connection"
        options = {
            **context.opts,
            "transaction_per_migration": context._transaction_per_migration,
            "transactional_ddl": context.impl.transactional_ddl,
        }
        url = connection.engine.url
        return cls(context.dialect, url, options, context.environment_context, arguments)


#: The options that belong to a run.
_OF_THE_RUN = ("as_sql", "fn", "limbeck_progress", "on_version_apply", "starting_rev")


def render(
    steps: Iterable[RevisionStep], heads: Iterable[str] | None, settings: Settings
) -> Iterator[RenderedStep]:
    """Yield each step with its statements. The bodies are called, without a database.

    :param steps: the steps of a plan.
    :param heads: the rows of the version table before the first step; `None` leaves out the statements for the table.
    :param settings: how the steps would be run.
    """
    recorder = Recorder()
    engine = recording_engine(settings.dialect, settings.url, recorder)
    options = {name: value for name, value in settings.options.items() if name not in _OF_THE_RUN}
    with engine.connect() as connection, ExitStack() as stack:
        context = _SilentContext(connection.dialect, connection, options, settings.environment)
        if settings.environment is not None:
            stack.enter_context(_current(settings.environment, context))
        stack.enter_context(recorded_operations(context, recorder))
        maintainer = None if heads is None else HeadMaintainer(context, heads)
        with context.begin_transaction():
            for step in steps:
                yield _render_step(context, maintainer, recorder, step, settings.arguments)


class _SilentContext(MigrationContext):
    """A context that does not log its start, which would look like a second run."""

    def _log_start(self) -> None:
        pass


def _render_step(
    context: MigrationContext,
    maintainer: HeadMaintainer | None,
    recorder: Recorder,
    step: RevisionStep,
    arguments: Mapping[str, Any],
) -> RenderedStep:
    path = str(step.revision.path)
    recorder.paths = frozenset({path, getattr(step.migration_fn, "__code__", _NoCode).co_filename})
    unrendered: Unrendered | None = None
    with context.begin_transaction(_per_migration=True):
        try:
            with no_database():
                step.migration_fn(**arguments)
        except NeedsDatabaseError as error:
            unrendered = _unrendered(step, path, recorder, error, f"the body {error}")
        except (Exception, SystemExit) as error:  # noqa: BLE001 - of the body: it is reported, and ends the rendering
            asked = _question_behind(error)
            reason = f"{type(error).__name__}: {error}" if asked is None else f"the body {asked}"
            unrendered = _unrendered(step, path, recorder, asked or error, reason)
        body = recorder.take()
        recorder.paths = frozenset()
        if maintainer is not None:
            maintainer.update_to_step(step)
        rows = recorder.take()
    return RenderedStep(step.revision.revision, step.is_upgrade, path, body, rows, unrendered)


def _question_behind(error: BaseException | None) -> NeedsDatabaseError | None:
    """Return the question to the database that a body was answering with an error, as in its `finally`."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, NeedsDatabaseError):
            return error
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return None


def _unrendered(
    step: RevisionStep, path: str, recorder: Recorder, error: BaseException, reason: str
) -> Unrendered:
    line = line_in(recorder.paths, error)
    calls: tuple[tuple[str, int], ...] = ()
    try:
        body = _core.read_body(Path(path).read_bytes(), step.name)
    except OSError:
        body = None  # a file that was removed, or byte code; the line says enough
    if body is not None and line is not None:
        calls = tuple((name, place) for name, place in body.calls if place > line)
    return Unrendered(line, reason, calls, isinstance(error, NeedsDatabaseError))


class _NoCode:
    """Stands for the code of a function that has none, such as a `functools.partial`."""

    co_filename = ""


@contextmanager
def _current(environment: EnvironmentContext, context: MigrationContext) -> Iterator[None]:
    """Within the block, `alembic.context` leads to another context."""
    before = environment._migration_context
    environment._migration_context = context
    try:
        yield
    finally:
        environment._migration_context = before
