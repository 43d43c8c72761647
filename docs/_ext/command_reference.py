"""The directive `command-reference`, which lists every command and option of the command line's parser."""

from __future__ import annotations

import argparse
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


def _parser() -> tuple[argparse.ArgumentParser, Any]:
    from limbeck.config import CommandLine

    line = CommandLine(prog="alembic")
    alembic = set(line.subparsers.choices)
    line.register_extra_commands()
    return line.parser, (line.subparsers, alembic)


def _options(parser: argparse.ArgumentParser) -> list[str]:
    lines = []
    for action in parser._actions:
        if action.dest in ("help", "==SUPPRESS==") or isinstance(
            action, argparse._SubParsersAction
        ):
            continue
        name = ", ".join(action.option_strings) or str(action.metavar or action.dest)
        if action.option_strings and action.nargs != 0:
            value = action.metavar or (
                "|".join(map(str, action.choices)) if action.choices else action.dest.upper()
            )
            name = f"{name} {value}"
        lines += [f"`{name}`", f": {(action.help or '').replace('%(prog)s', 'alembic')}", ""]
    return lines


def markdown() -> str:
    """Return the whole reference as Markdown, with definition lists for the options."""
    parser, (subparsers, alembic) = _parser()
    helps = {choice.dest: choice.help or "" for choice in subparsers._choices_actions}
    lines = ["## Options of the program", "", *_options(parser)]
    for name in sorted(subparsers.choices):
        command = subparsers.choices[name]
        usage = " ".join(command.format_usage().removeprefix("usage: ").split())
        lines += [f"## `{name}`", "", helps[name], ""]
        if name not in alembic:
            lines += ["Alembic does not have this command.", ""]
        lines += ["    " + usage, ""]
        lines += _options(command)
        if command.epilog:
            lines += [
                f"{command.epilog.partition(': ')[0].capitalize()}: `{command.epilog.partition(': ')[2]}`",
                "",
            ]
    return "\n".join(lines)


class CommandReference(SphinxDirective):
    """Replace the directive by the reference."""

    def run(self) -> list[nodes.Node]:
        container = nodes.section()
        container.document = self.state.document
        lines = StringList(markdown().splitlines(), source="the command line's parser")
        self.state.nested_parse(lines, self.content_offset, container, match_titles=True)
        return container.children


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("command-reference", CommandReference)
    return {"parallel_read_safe": True}
