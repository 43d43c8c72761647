"""The option `--plan` of `upgrade` and `downgrade`."""

from __future__ import annotations

from argparse import Action, ArgumentParser, Namespace
from typing import Any


class PlanFile(Action):
    """Stores the path of a plan, and makes the target optional, because the plan has it."""

    def __call__(
        self, parser: ArgumentParser, namespace: Namespace, values: Any, option: str | None = None
    ) -> None:
        """Store the path."""
        setattr(namespace, self.dest, values)
        for action in parser._actions:
            if action.dest == "revision":
                action.required = False
