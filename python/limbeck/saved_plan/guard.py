"""Decides whether a run may begin."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from limbeck.runtime._notices import notifier
from limbeck.runtime._steps import RevisionStep
from limbeck.saved_plan.differences import differences
from limbeck.saved_plan.file import read_plan
from limbeck.saved_plan.make import Planned, hash_of, make_plan
from limbeck.util._words import counted
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.config import Config
    from limbeck.execution.options import ExecutionOptions
    from limbeck.runtime._run_hooks import PlanFn
    from limbeck.runtime.migration import MigrationContext
    from limbeck.saved_plan.types import Loss, Plan


class Guard:
    """Checks the runs of one command before they begin.

    :param config: the configuration.
    :param options: the options of the command.
    :param tag: the value of `get_tag_argument()` in env.py.
    :raises CommandError: the plan cannot be read; or it has several databases, and one differs.
    """

    def __init__(self, config: Config, options: ExecutionOptions, tag: str | None = None) -> None:
        self._config = config
        self._options = options
        self._tag = tag
        self._plan = None if options.plan is None else read_plan(options.plan)
        self._runs = 0
        if self._plan is not None and len(self._plan.databases) > 1:
            self._check_all(self._plan)

    def _check_all(self, plan: Plan) -> None:
        """Check all databases before the first one is changed."""
        first = plan.databases[0]
        now = make_plan(self._config, first.target, first.direction, tag=self._tag)
        found = [
            difference
            for planned, made in zip(plan.databases, now.databases, strict=False)
            for difference in differences(planned, made)
        ]
        if len(now.databases) != len(plan.databases):
            found.append(_other_number(len(now.databases), len(plan.databases)))
        self._refuse_if(found)

    def checked(self, context: MigrationContext, plan: PlanFn) -> PlanFn:
        """Check a run, and return a function that returns the checked steps.

        :param context: the context of the run.
        :param plan: returns the steps of the run.
        :raises CommandError: the run must not begin.
        """
        rows = context._rows()[0]
        steps = list(plan(rows, context))

        def same_steps(now: Any, _: MigrationContext) -> Sequence[Any]:
            if set(now) != set(rows):
                raise CommandError(
                    "Another process has changed the version table since the run was checked; nothing "
                    "was run\n\nhint: `--lock` lets one process at a time change the database"
                )
            return steps

        if all(isinstance(step, RevisionStep) for step in steps):
            self._check(context, rows, steps)
        return same_steps

    def _check(
        self, context: MigrationContext, rows: Sequence[str], steps: list[RevisionStep]
    ) -> None:
        planned = Planned(self._config, context, rows, steps)
        rendered = planned.render()
        if self._plan is not None:
            if self._runs >= len(self._plan.databases):
                self._refuse_if([_other_number(self._runs + 1, len(self._plan.databases))])
            wanted = self._plan.databases[self._runs]
            now = planned.plan_of(rendered, wanted.target, wanted.direction)
            found = list(differences(wanted, now))
            assert context.script is not None, "commands have one"
            if hash_of(context.script.env_py_location) != self._plan.env_hash:
                found.insert(0, f"{context.script.env_py_location} has changed")
            self._refuse_if(found)
        self._runs += 1
        if self._options.destructive != "allow":
            self._check_losses(context, planned.losses(rendered))
            for step in rendered:
                if step.unrendered is not None:
                    notifier(self._config)(
                        f"revision {step.revision} is partly known before it runs, because "
                        f"{step.unrendered.reason}: the rest is not checked for destructive statements"
                    )

    def _check_losses(self, context: MigrationContext, losses: Sequence[Loss]) -> None:
        """Ask whether the run may be destructive, or refuse it.

        :raises CommandError: it may not.
        """
        allowed = self._allowed(context)
        rest = [loss for loss in losses if loss.revision not in allowed]
        if not rest:
            return
        listed = "\n".join(f"  {loss}" for loss in rest)
        if self._options.destructive == "ask" and _can_ask(self._config):
            sys.stderr.write(f"This run is destructive:\n{listed}\nRun it? Type 'yes': ")
            sys.stderr.flush()
            if sys.stdin.readline().strip() == "yes":
                return
            raise CommandError(
                "This run is destructive, and the answer was not 'yes'; nothing was run"
            )
        revisions = dict.fromkeys(loss.revision for loss in rest)
        options = " ".join(f"--allow-destructive {revision}" for revision in revisions)
        raise CommandError(
            f"This run is destructive, and `destructive = {self._options.destructive}` does not allow it; "
            f"nothing was run:\n{listed}\n\nhint: allow it for one run with `{options}`"
        )

    def _allowed(self, context: MigrationContext) -> set[str]:
        script = context.script
        assert script is not None, "commands have one"
        found = [script.get_revisions(name) for name in self._options.allow_destructive]
        return {revision.revision for revisions in found for revision in revisions}

    def finish(self) -> None:
        """Check at the end that every database of the plan had its run.

        :raises CommandError: one had none.
        """
        if self._plan is not None and self._runs < len(self._plan.databases):
            raise CommandError(_other_number(self._runs, len(self._plan.databases)))

    def _refuse_if(self, found: Sequence[str]) -> None:
        if found:
            listed = "\n".join(f"  {difference}" for difference in found)
            raise CommandError(
                f"The plan {self._options.plan} is not what would run; nothing was run:\n{listed}\n\n"
                "hint: `alembic plan -o FILE` makes a new one"
            )


def _other_number(now: int, planned: int) -> str:
    return f"env.py migrates {counted(now, 'database')}; the plan is for {planned}"


def _can_ask(config: Config) -> bool:
    """Return whether the command runs on a terminal, where a user can answer."""
    return config.cmd_opts is not None and sys.stdin.isatty() and sys.stderr.isatty()
