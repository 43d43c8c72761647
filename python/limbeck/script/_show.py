"""How a revision is written for the user: on one line, or on a sheet with its whole docstring."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..util.messaging import format_as_comma

if TYPE_CHECKING:
    from .base import Script


def parents(script: Script) -> str:
    """What a revision follows, and in parentheses what else it needs."""
    below = format_as_comma(script._versioned_down_revisions) or "<base>"
    needs = script._resolved_dependencies
    return f"{below} ({format_as_comma(needs)})" if needs else below


def _ends(script: Script) -> Iterator[str]:
    """Whether a revision is a head, and whether the database stands there."""
    if script.is_head:
        # Nothing follows it, but something else depends on it.
        yield "head" if script._is_real_head else "effective head"
    if script._db_current_indicator:
        yield "current"


def _forks(script: Script) -> Iterator[str]:
    """Whether branches begin or meet at a revision."""
    if script.is_branch_point:
        yield "branchpoint"
    if script.is_merge_point:
        yield "mergepoint"


def _name(
    script: Script, *, labels: bool = False, ends: bool = True, forks: bool = True
) -> str:
    """A revision's identifier with remarks in parentheses."""
    remarks: list[str] = []
    if labels and script.branch_labels:
        remarks.append(format_as_comma(script.branch_labels))
    if ends:
        remarks.extend(_ends(script))
    if forks:
        remarks.extend(_forks(script))
    return script.revision + "".join(f" ({remark})" for remark in remarks)


def line(
    script: Script,
    *,
    labels: bool = True,
    doc: bool = True,
    below: bool = True,
    ends: bool = True,
    forks: bool = True,
) -> str:
    """A revision on one line.

    :param labels: with its branch labels.
    :param doc: with the first paragraph of its docstring.
    :param below: with what it follows.
    :param ends: say that it is a head, or current.
    :param forks: say that it is a branch point, or a merge.
    """
    text = _name(script, labels=labels, ends=ends, forks=forks)
    if below:
        text = f"{parents(script)} -> {text}"
    return f"{text}, {script.doc}" if doc else text


def _facts(script: Script) -> Iterator[tuple[str, str]]:
    """The lines at the top of a sheet."""
    yield "Rev", _name(script)
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
    doc = "".join(f"    {text}\n" for text in script.longdoc.splitlines())
    return f"{facts}\n{doc}"
