"""Renders a body as `--sql` does."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import NoInspectionAvailable

from limbeck.operations import Operations
from limbeck.rendered_plan import NeedsDatabaseError, Settings, no_database, render
from limbeck.runtime.migration import MigrationContext

if TYPE_CHECKING:
    from limbeck.runtime._steps import RevisionStep


def offline_failure(context: MigrationContext, step: RevisionStep) -> Exception | None:
    """Return the error with which a body fails in offline mode; `None` if there is none, or if the body needs a database.

    :param context: the context of env.py, with a connection, which is not used.
    :param step: a step, which has run on a database.
    """
    try:
        with _offline(context), no_database():
            step.migration_fn(**context._run_arguments)
    except (NeedsDatabaseError, NoInspectionAvailable):
        return None
    except Exception as error:  # noqa: BLE001 - of the body: it is the finding
        return None if _needs_database(context, step) else error
    return None


def _needs_database(context: MigrationContext, step: RevisionStep) -> bool:
    settings = Settings.of(context, context._run_arguments)
    return any(
        rendered.unrendered is not None and rendered.unrendered.needs_database
        for rendered in render([step], None, settings)
    )


@contextmanager
def _offline(context: MigrationContext) -> Iterator[None]:
    """Within the block, `op` and `alembic.context` write statements to nowhere."""
    environment = context.environment_context
    assert environment is not None, "env.py has configured the context"
    options = {
        **context.opts,
        "as_sql": True,
        "literal_binds": True,
        "output_buffer": io.StringIO(),
    }
    before = environment._migration_context, environment.context_opts
    dialect: Any = type(context.dialect)
    offline = MigrationContext.configure(
        dialect=dialect(paramstyle="named"),
        environment_context=environment,
        opts=options,
    )
    environment._migration_context = offline
    environment.context_opts = {**environment.context_opts, "as_sql": True}
    try:
        with Operations.context(offline):
            yield
    finally:
        environment._migration_context, environment.context_opts = before
