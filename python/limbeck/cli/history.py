"""`alembic history --oneline` and `--graph`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING

from limbeck.script._listing import LISTING

if TYPE_CHECKING:
    from argparse import Namespace

    from limbeck.config import Config
    from limbeck.script.base import Script, ScriptDirectory


def run_in_other_form(config: Config, options: Namespace, run: Callable[[Config], None]) -> None:
    """Run `history`, and show the revisions as the options say.

    :param config: the configuration
    :param options: the parsed arguments, with `--oneline` or `--graph`
    :param run: runs the command
    """
    if options.history_graph:
        from limbeck.cli.graph import graph

        graph(config, options.rev_range, current=options.indicate_current)
        return
    token = LISTING.set(lambda *found: _print_lines(config, *found))
    try:
        run(config)
    finally:
        LISTING.reset(token)


def _print_lines(
    config: Config,
    directory: ScriptDirectory,
    scripts: Iterable[Script],
    rows: Collection[str] | None,
) -> None:
    heads = frozenset(directory.get_heads())
    lines = [_line(script, heads, rows or ()) for script in scripts]
    if lines:
        config.print_stdout("%s", "\n".join(lines))


def _line(script: Script, heads: Collection[str], rows: Collection[str]) -> str:
    """Return the identifier, what Git would call its references, and the first line of the message."""
    names = sorted(script._orig_branch_labels)
    names += ["head"] if script.revision in heads else []
    names += ["current"] if script.revision in rows else []
    marks = f"({', '.join(names)})" if names else ""
    return " ".join(filter(None, (script.revision, marks, script.doc.partition("\n")[0])))
