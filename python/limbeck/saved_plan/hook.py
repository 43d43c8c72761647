"""The run hook that refuses a run if it differs from its plan file, or is destructive and not allowed to be.

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
    :param target: the target that the user named. On the command line it may be missing (`None`) with `--plan`.
    :param direction: the direction of the command.
    :param sql: whether the command writes a script.
    :raises CommandError: the plan is for something else, or cannot be read.
    """
    path = options_of(config).plan
    if path is None:
        return target
    from limbeck.saved_plan.file import read_plan

    if sql:
        raise CommandError(
            "--plan and --sql cannot be combined\n\nhint: `alembic plan --format sql` writes the statements of a plan"
        )
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
def guarding(config: Config, tag: str | None = None) -> Iterator[None]:
    """Within the block, the options `plan` and `destructive` decide whether a migration run begins.

    :param config: the configuration.
    :param tag: the value of `get_tag_argument()` in env.py.
    :raises CommandError: an option is invalid.
    """
    options = options_of(config)
    if options.plan is None and options.destructive == "allow":
        yield
        return
    from limbeck.saved_plan.guard import Guard

    guard = Guard(config, options, tag)

    @contextmanager
    def around(context: MigrationContext, plan: PlanFn) -> Iterator[None]:
        if context.as_sql or context.purge:
            yield
            return
        # The run passes its rows again, which shows a change of the version table since the check.
        context._migrations_fn = guard.checked(context, plan)
        try:
            yield
        finally:
            context._migrations_fn = plan

    token = RUN_HOOKS.set((*RUN_HOOKS.get(), around))
    try:
        yield
        guard.finish()
    finally:
        RUN_HOOKS.reset(token)
