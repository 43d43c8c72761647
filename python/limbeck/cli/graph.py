"""`alembic graph`: draws the revision graph.

The engine computes the layout and draws; this module selects the revisions and the format.
"""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from limbeck import _core
from limbeck.script._listing import as_object
from limbeck.util._files import write_file
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from limbeck.config import Config
    from limbeck.script import Script, ScriptDirectory
    from limbeck.state.types import Status

Format = Literal["text", "svg", "dot", "mermaid", "json"]
Colour = Literal["auto", "always", "never"]
#: Whether a revision is applied; `current` if it is also a row of the version table.
Applied = Literal["pending", "yes", "current"]

FORMATS: tuple[Format, ...] = get_args(Format)
COLOURS: tuple[Colour, ...] = get_args(Colour)
#: The formats of output files, by the ends of their names.
_SUFFIXES: dict[str, Format] = {
    ".svg": "svg",
    ".dot": "dot",
    ".gv": "dot",
    ".mmd": "mermaid",
    ".mermaid": "mermaid",
    ".json": "json",
}

#: The width of a text picture that is not written to a terminal, in columns.
_FILE_WIDTH = 100


def graph(
    config: Config,
    rev_range: str | None = None,
    format: Format | None = None,
    current: bool = False,
    output: str | None = None,
    color: Colour = "auto",
    ascii: bool = False,
    url: str | None = None,
) -> None:
    """Draw the revision graph.

    :param config: the configuration.
    :param rev_range: `start:end`, each optional; by default all revisions.
    :param format: `text` for a terminal; `svg`; `dot` (Graphviz) and `mermaid` for programs with their own layout;
        `json` for programs. By default what the name of the output file says, otherwise `text`.
    :param current: read the database, and mark the applied revisions.
    :param output: the output file, instead of standard output.
    :param color: use colours in a text picture; `auto`: on a terminal, unless `NO_COLOR` is set.
    :param ascii: draw with ASCII characters only; the default if the output's encoding lacks the box-drawing characters.
    :param url: with `current`, the URL of the database.
    :raises CommandError: if the range is invalid, or the database cannot be read.
    """
    from limbeck.script import ScriptDirectory

    format = format or _SUFFIXES.get(os.path.splitext(output or "")[1].lower(), "text")
    if format not in FORMATS:
        raise CommandError(f"Unknown graph format {format!r}; take one of {', '.join(FORMATS)}")
    start, end = _split_range(rev_range)
    directory = ScriptDirectory.from_config(config)
    scripts = list(directory.walk_revisions(base=start, head=end))
    applied: dict[str, Applied | None] | None = None
    if current:
        from limbeck.state.status import status

        database = status(config, url=url)
        applied = _applied(directory, scripts, database)
        if database.unknown:
            unknown = ", ".join(database.unknown)
            print(f"the database has {unknown}, which no revision file has", file=sys.stderr)
    text = _draw(
        scripts, frozenset(directory.get_heads()), applied, format, config, output, color, ascii
    )
    if output is None:
        config.print_stdout("%s", text.rstrip("\n"))
    else:
        write_file(output, text)
        print(f"wrote {output}", file=sys.stderr)


def _split_range(rev_range: str | None) -> tuple[str, str]:
    """Return the start and the end of a range.

    :raises CommandError: if the text is not a range.
    """
    if rev_range is None:
        return "base", "heads"
    start, colon, end = rev_range.strip().partition(":")
    if not colon or ":" in end:
        raise CommandError(
            f"Graph range {rev_range!r} is none; a range is [start]:[end], [start]: or :[end]"
        )
    return start or "base", end or "heads"


def _applied(
    directory: ScriptDirectory, scripts: Sequence[Script], database: Status
) -> dict[str, Applied | None]:
    """Return whether each revision is applied, by its identifier; `None` if that is not known."""
    current, pending = frozenset(database.applied), frozenset(database.pending)
    below: set[str] = set()
    if database.unknown and (known := current.difference(database.unknown)):
        below = {found.revision for found in directory.iterate_revisions(tuple(known), "base")}

    def state(revision: str) -> Applied | None:
        if revision in current:
            return "current"
        if revision in pending:
            return "pending"
        # An unknown revision may need any other one, or none.
        return "yes" if not database.unknown or revision in below else None

    return {script.revision: state(script.revision) for script in scripts}


def _draw(
    scripts: Sequence[Script],
    heads: Collection[str],
    applied: dict[str, Applied | None] | None,
    format: Format,
    config: Config,
    output: str | None,
    color: Colour,
    ascii: bool,
) -> str:
    """Return the picture as text; see `graph` for the parameters."""
    indexes = {script.revision: index for index, script in enumerate(scripts)}

    def indexes_of(revisions: Collection[str]) -> list[int]:
        return [indexes[revision] for revision in revisions if revision in indexes]

    nodes = [
        (
            script.revision,
            script.doc.partition("\n")[0],
            indexes_of(script._versioned_down_revisions),
            indexes_of(script._resolved_dependencies),
            sorted(script._orig_branch_labels),
            script.revision in heads,
            None if applied is None else applied[script.revision],
        )
        for script in scripts
    ]
    if format == "json":
        return _json(nodes, scripts)
    if format != "text":
        return _core.draw_text(nodes, format)
    stream: Any = config.stdout if output is None else None
    to_terminal = stream is not None and _is_terminal(stream)
    return _core.draw_terminal(
        nodes,
        width=shutil.get_terminal_size((_FILE_WIDTH, 24)).columns if to_terminal else _FILE_WIDTH,
        ascii=ascii or (stream is not None and not _has_box_drawing(stream)),
        colour=color == "always"
        or (color == "auto" and to_terminal and not os.environ.get("NO_COLOR")),
    )


def _is_terminal(stream: Any) -> bool:
    isatty = getattr(stream, "isatty", None)
    return isatty is not None and cast(bool, isatty())


def _has_box_drawing(stream: Any) -> bool:
    try:
        "●─╮".encode(getattr(stream, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _json(nodes: Sequence[tuple[Any, ...]], scripts: Sequence[Script]) -> str:
    import json

    heads = {id_ for id_, _, _, _, _, is_head, _ in nodes if is_head}
    revisions = [
        as_object(
            script,
            heads,
            applied=None if state is None else state != "pending",
            current=None if state is None else state == "current",
        )
        for (*_, state), script in zip(nodes, scripts, strict=True)
    ]
    return json.dumps({"revisions": revisions}, indent=2, ensure_ascii=False) + "\n"
