"""One run of migrations: the port through which the engine runs each step."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect
from sqlalchemy.exc import NoSuchTableError

from .. import _core
from .._around import BETWEEN
from ..util._collector import fewer_collections

if TYPE_CHECKING:
    from ._heads import HeadMaintainer
    from ._steps import RevisionStep, StampStep
    from .migration import MigrationContext

log = logging.getLogger("alembic.runtime.migration")

#: The option by which a command asks to be told of each step, as a function of a `StepReport`.
PROGRESS = "limbeck_progress"


def run(
    context: MigrationContext,
    maintainer: HeadMaintainer,
    steps: Iterable[RevisionStep | StampStep],
    arguments: Mapping[str, Any],
) -> None:
    """Run steps, and change the version table after each.

    :param context: where they run.
    :param maintainer: keeps the version table.
    :param steps: the steps.
    :param arguments: passed to each `upgrade()` or `downgrade()`.
    :raises CommandError: if the version table cannot hold the identifier of a step.
    """
    planned = list(steps)
    if planned:
        _check_fits(context, maintainer, planned)
        with fewer_collections:
            fewer_collections.leave_out_what_is_there()
            _core.run_steps(_Port(context, maintainer, arguments), planned)


class _Port:
    """What the runner asks for: a body run, the version table changed, the user told."""

    def __init__(
        self,
        context: MigrationContext,
        maintainer: HeadMaintainer,
        arguments: Mapping[str, Any],
    ) -> None:
        self._context = context
        self._maintainer = maintainer
        self._arguments = arguments
        self._progress: Callable[[_core.StepReport], None] | None = context.opts.get(PROGRESS)

    def transaction(self) -> Any:
        """The transaction for one step."""
        BETWEEN.get()()
        return self._context.begin_transaction(_per_migration=True)

    def body(self, step: RevisionStep | StampStep) -> None:
        """Run one step."""
        context = self._context
        if context.as_sql and not self._maintainer.heads:
            context._version.create(context.connection)
        log.info("Running %s", step)
        if context.as_sql:
            context.impl.static_output(f"-- Running {step.short_log}")
        try:
            step.migration_fn(**self._arguments)
        except Exception as error:
            self._explain(step, error)
            raise

    def change(self, step: RevisionStep | StampStep) -> None:
        """Change the version table, and tell those who asked for it."""
        self._maintainer.update_to_step(step)
        for callback in self._context.on_version_apply_callbacks:
            callback(
                ctx=self._context,
                step=step.info,
                heads=set(self._maintainer.heads),
                run_args=self._arguments,
            )

    def tell(self, report: _core.StepReport) -> None:
        """Tell the user how far the run is."""
        if self._progress is not None:
            self._progress(report)

    def _explain(self, step: RevisionStep | StampStep, error: Exception) -> None:
        """Note on an error which revision raised it, and what the database holds now."""
        path = getattr(getattr(step, "revision", None), "path", None)
        where = f" ({path})" if path else ""
        notes = [f"raised while running {step.short_log}{where}"]
        if not self._context.as_sql and not self._context.impl.transactional_ddl:
            applied = ", ".join(sorted(self._maintainer.heads)) or "none"
            notes.append(f"this backend cannot undo DDL; recorded as applied: {applied}")
        # What BaseException.add_note() does, which Python 3.10 lacks.
        error.__dict__.setdefault("__notes__", []).extend(notes)


def _check_fits(
    context: MigrationContext,
    maintainer: HeadMaintainer,
    steps: list[RevisionStep | StampStep],
) -> None:
    """Refuse identifiers that the version table's column would cut off or reject."""
    if context.as_sql or context.dialect.name == "sqlite":
        return  # not to be known, and no limit at all
    declared = getattr(context._version.c.version_num.type, "length", None)
    ids = [id_ for step in steps for id_ in step.to_revisions]
    if declared is None or all(len(id_) <= declared for id_ in ids):
        return
    limit = _actual_length(context)
    if limit is not None:
        _core.check_fits(ids, limit, f"{context.version_table}.version_num")


def _actual_length(context: MigrationContext) -> int | None:
    """How many characters the column holds in the database: projects widen it by hand."""
    try:
        columns = inspect(context.connection).get_columns(
            context.version_table, context.version_table_schema
        )
    except NoSuchTableError:
        columns = []
    found = [column["type"] for column in columns if column["name"] == "version_num"]
    types = found or [context._version.c.version_num.type]
    length: int | None = getattr(types[0], "length", None)
    return length
