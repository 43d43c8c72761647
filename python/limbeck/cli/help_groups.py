"""`alembic --help`: the commands in groups, by what they are for."""

from __future__ import annotations

from argparse import Action, HelpFormatter
from collections.abc import Collection
from copy import copy
from typing import Any

#: The groups, and the commands of each in the order in which a project needs them.
GROUPS: dict[str, tuple[str, ...]] = {
    "make revisions": ("init", "revision", "merge", "edit", "rebase", "squash", "list_templates"),
    "run them": ("upgrade", "downgrade", "stamp", "ensure_version", "repair"),
    "look": ("status", "current", "heads", "history", "graph", "branches", "show", "log"),
    "check": ("check", "plan", "lint", "verify", "drift", "snapshot"),
    "operate": ("wait", "doctor", "completion"),
}
_MARK = "*"


class GroupedHelp(HelpFormatter):
    """A help formatter that lists the commands in groups.

    :param prog: the name of the program
    :param own: the commands that Alembic does not have, which are marked
    :param settings: further arguments of `HelpFormatter`
    """

    def __init__(self, prog: str, own: Collection[str], **settings: Any) -> None:
        super().__init__(prog, **settings)
        self._own = own

    def _format_action(self, action: Action) -> str:
        commands = getattr(action, "_choices_actions", None)
        if commands is None:
            return super()._format_action(action)
        rest = {command.dest: command for command in commands}
        parts = []
        for title, names in GROUPS.items():
            there = [rest.pop(name) for name in names if name in rest]
            parts.append(self._group(title, there))
        # Those that a project has registered.
        parts.append(self._group("others", list(rest.values())))
        return "".join([*parts, f"\n  {_MARK} not in Alembic\n"])

    def _group(self, title: str, commands: list[Action]) -> str:
        if not commands:
            return ""
        self._indent()
        lines = [super(GroupedHelp, self)._format_action(self._marked(one)) for one in commands]
        self._dedent()
        return f"\n  {title}:\n{''.join(lines)}"

    def _marked(self, command: Action) -> Action:
        if command.dest not in self._own:
            return command
        marked = copy(command)
        marked.metavar = f"{command.dest} {_MARK}"
        return marked
