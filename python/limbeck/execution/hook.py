"""The run hook of safe execution.

It imports the rest of the package when a run needs it: most runs have no option, and should start as fast as without.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from limbeck.execution.options import ExecutionOptions, Limits, limits_of, options_of
from limbeck.runtime._notices import Notify, notifier
from limbeck.runtime._run_hooks import RUN_HOOKS, PlanFn

if TYPE_CHECKING:
    from limbeck.config import Config
    from limbeck.execution.steps import Steps
    from limbeck.runtime._run import FailedBody, StepRun
    from limbeck.runtime.migration import MigrationContext


@contextmanager
def executing(config: Config, *, checks_files: bool) -> Iterator[None]:
    """Within the block, migration runs of this execution context have the options of a project.

    :param config: the configuration.
    :param checks_files: whether the files of applied revisions are compared with the journal first.
    :raises CommandError: an option is invalid.
    """
    options = options_of(config)
    notify = notifier(config)

    @contextmanager
    def around(context: MigrationContext, plan: PlanFn) -> Iterator[None]:
        if context.as_sql:
            context._run_step = _OfflineSteps(context, options)
            yield
            return
        context._describe_failure = _describe_failure
        with ExitStack() as stack:
            run_step = context._run_step
            if options.applies_to_each_step:
                steps = _installed(context, options, notify, stack)
                if checks_files:
                    steps.check_files()
            else:
                context._run_step = _StepsOnDemand(context, options, notify, stack)
            yield
        context._run_step = run_step

    token = RUN_HOOKS.set((*RUN_HOOKS.get(), around))
    try:
        yield
    finally:
        RUN_HOOKS.reset(token)


def _describe_failure(failed: FailedBody) -> Sequence[str]:
    from limbeck.execution.failure import describe

    return describe(failed)


def _installed(
    context: MigrationContext, options: ExecutionOptions, notify: Notify, stack: ExitStack
) -> Steps:
    """Make a context run its steps with the options until the stack is closed."""
    from limbeck.execution.steps import Steps

    steps = Steps(context, options, notify)
    stack.enter_context(steps.installed())
    return steps


class _StepsOnDemand:
    """Runs steps as they are, until a revision file has limits of its own."""

    def __init__(
        self,
        context: MigrationContext,
        options: ExecutionOptions,
        notify: Notify,
        stack: ExitStack,
    ) -> None:
        self._context = context
        self._options = options
        self._notify = notify
        self._stack = stack

    def __call__(self, run: StepRun) -> None:
        if limits_of(self._options, run):
            _installed(self._context, self._options, self._notify, self._stack)(run)
        else:
            run.attempt()


class _OfflineSteps:
    """Writes the timeouts of each revision into an SQL script.

    :param context: the migration context.
    :param options: the options of the run.
    """

    def __init__(self, context: MigrationContext, options: ExecutionOptions) -> None:
        self._context = context
        self._options = options
        self._last = Limits()

    def __call__(self, run: StepRun) -> None:
        limits = limits_of(self._options, run)
        if not limits and not self._last:
            run.attempt()
            return
        from limbeck.execution.backends import timeout_statements

        statements = timeout_statements(self._context.dialect, limits, self._last)
        self._last = limits
        run.attempt(transaction_scope=self._written(statements))

    @contextmanager
    def _written(self, statements: list[str]) -> Iterator[None]:
        impl = self._context.impl
        for statement in statements:
            impl.static_output(statement + impl.command_terminator)
        yield
