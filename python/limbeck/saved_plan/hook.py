"""The run hook that lets a run begin only if it is the plan of a file, and destroys nothing that the project protects.

It imports the rest of the package when a run needs it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from limbeck.execution.options import options_of
from limbeck.runtime._run_hooks import RUN_HOOKS, PlanFn
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.config import Config
    from limbeck.runtime.migration import MigrationContext
    from limbeck.saved_plan.types import Direction


def planned_target(config: Config, target: str, direction: Direction, *, sql: bool) -> str:
    """Return the target of a command: that of its plan file, if it has one.

    :param config: the configuration.
    :param target: the target that the user named; `None` if a plan file has it.
    :param direction: the direction of the command.
    :param sql: whether the command writes a script.
    :raises CommandError: the plan is for something else, or cannot be read.
    """
    path = options_of(config).plan
    if path is None:
        return target
    from limbeck.saved_plan.file import read_plan

    if sql:
        raise CommandError("--plan runs a plan; `alembic plan --format sql` writes its statements")
    plan = read_plan(path)
    first = plan.databases[0]
    if first.direction != direction:
        raise CommandError(
            f"{path} is the plan of a {first.direction}\n\nhint: alembic {first.direction} --plan {path}"
        )
    if target is not None and target != first.target:
        raise CommandError(
            f"{path} is the plan to {first.target}, not to {target}\n\nhint: leave out the target"
        )
    return first.target


@contextmanager
def guarding(config: Config) -> Iterator[None]:
    """Within the block, migration runs of this execution context begin only if the options of the project allow it.

    :param config: the configuration.
    :raises CommandError: an option is invalid.
    """
    options = options_of(config)
    if options.plan is None and options.destructive == "allow":
        yield
        return
    from limbeck.saved_plan.guard import Guard

    guard = Guard(config, options)

    @contextmanager
    def around(context: MigrationContext, plan: PlanFn) -> Iterator[None]:
        if context.as_sql or context.purge:
            yield
            return
        # The rows are read in the run once more, so that what was checked is what runs.
        context._migrations_fn = guard.checked(context, plan)
        yield
        context._migrations_fn = plan

    token = RUN_HOOKS.set((*RUN_HOOKS.get(), around))
    try:
        yield
        guard.finish()
    finally:
        RUN_HOOKS.reset(token)
