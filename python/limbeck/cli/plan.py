"""`alembic plan`."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from limbeck.lint.run import Options, UnknownRuleError
from limbeck.saved_plan.file import as_json
from limbeck.saved_plan.make import make_plan
from limbeck.saved_plan.output import FORMATS
from limbeck.util._files import write_file
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.config import Config
    from limbeck.saved_plan.types import Direction, Plan

#: Exit statuses of `--detailed-exitcode` besides 0, which is "nothing to do".
PENDING = 3
DESTRUCTIVE = 4
#: The targets of a downgrade.
_DOWN = re.compile(r"(.+@)?(base|-[0-9]+)")


def plan_command(
    config: Config,
    plan_target: str | None = None,
    plan_output: str | None = None,
    plan_format: str = "text",
    plan_downgrade: bool = False,
    no_lint: bool = False,
    detailed_exitcode: bool = False,
    tag: str | None = None,
) -> None:
    """Print the plan, and save it.

    :param config: the configuration.
    :param plan_target: the target; by default `heads`.
    :param plan_output: the file that the plan is saved in; `None` for no file.
    :param plan_format: the format that is printed.
    :param plan_downgrade: plan a downgrade, whatever the target is.
    :param no_lint: do not check the revisions.
    :param detailed_exitcode: exit with `PENDING` or `DESTRUCTIVE`.
    :param tag: the value of `get_tag_argument()` in env.py.
    :raises CommandError: the plan cannot be made or saved.
    """
    target = plan_target or "heads"
    direction: Direction = "upgrade"
    if plan_downgrade or _DOWN.fullmatch(target):
        direction = "downgrade"
    lint = None if no_lint else Options.of(config)
    try:
        plan = make_plan(config, target, direction, tag=tag, lint=lint)
    except UnknownRuleError as error:
        raise CommandError(f"[limbeck] names a rule that does not exist: {error}") from error
    config.print_stdout("%s", FORMATS[plan_format](plan).rstrip("\n"))
    if plan_output is not None:
        write_file(plan_output, as_json(plan))
        print(f"wrote {plan_output}", file=sys.stderr)
    if detailed_exitcode:
        _exit(plan)


def _exit(plan: Plan) -> None:
    if plan.is_destructive:
        raise SystemExit(DESTRUCTIVE)
    if not plan.is_empty:
        raise SystemExit(PENDING)
