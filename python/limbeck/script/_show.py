"""How a revision is written for the user: on one line, or on a sheet with its whole docstring."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ..util.messaging import format_as_comma

if TYPE_CHECKING:
    from .base import Script


def parents(script: Script) -> str:
    """What a revision follows, and in parentheses what else it needs."""
    below = format_as_comma(script._versioned_down_revisions) or "<base>"
    needs = script._resolved_dependencies
    return f"{below} ({format_as_comma(needs)})" if needs else below


def _head(script: Script) -> Iterator[str]:
    """Whether a revision is a head."""
    if script.is_head:
        yield "head"


def _current(script: Script) -> Iterator[str]:
    """Whether the database stands at a revision."""
    if script._db_current_indicator:
        yield "current"


def _forks(script: Script) -> Iterator[str]:
    """Whether branches begin or meet at a revision."""
    if script.is_branch_point:
        yield "branchpoint"
    if script.is_merge_point:
        yield "mergepoint"


def _with(script: Script, remarks: Iterable[str]) -> str:
    """A revision's identifier with remarks in parentheses."""
    return script.revision + "".join(f" ({remark})" for remark in remarks)


def brief(script: Script) -> str:
    """A revision on one line, as log messages and errors show it."""
    below = format_as_comma(script._versioned_down_revisions) or "<base>"
    return f"{below} -> {_with(script, (*_head(script), *_forks(script)))}, {script.doc}"


def line(
    script: Script,
    *,
    labels: bool = False,
    doc: bool = False,
    below: bool = False,
    forks: bool = True,
) -> str:
    """A revision on one line.

    :param labels: with its branch labels.
    :param doc: with the first paragraph of its docstring.
    :param below: with what it follows.
    :param forks: say that it is a branch point, or a merge.
    """
    named = (format_as_comma(script.branch_labels),) if labels and script.branch_labels else ()
    split = _forks(script) if forks else ()
    head: tuple[str, ...] = ()
    if script.is_head:
        # Nothing follows an effective head, but something depends on it.
        head = ("head" if script._is_real_head else "effective head",)
    text = _with(script, (*named, *head, *_current(script), *split))
    if below:
        text = f"{parents(script)} -> {text}"
    return f"{text}, {script.doc}" if doc else text


def _facts(script: Script) -> Iterator[tuple[str, str]]:
    """The lines at the top of a sheet."""
    yield "Rev", _with(script, (*_head(script), *_forks(script), *_current(script)))
    yield (
        "Merges" if script.is_merge_point else "Parent",
        format_as_comma(script._versioned_down_revisions) or "<base>",
    )
    if script.dependencies:
        yield "Also depends on", format_as_comma(script.dependencies)
    if script.is_branch_point:
        yield "Branches into", format_as_comma(script.nextrev)
    if script.branch_labels:
        yield "Branch names", format_as_comma(script.branch_labels)
    yield "Path", script.path


def sheet(script: Script) -> str:
    """Everything about a revision: what is known of it, and its docstring, indented."""
    facts = "".join(f"{title}: {text}\n" for title, text in _facts(script))
    doc = "\n".join(f"    {text}" for text in script.longdoc.splitlines())
    return f"{facts}\n{doc}\n"
