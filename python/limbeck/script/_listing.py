"""Revisions for programs: the JSON object of one, which every command with `--json` prints."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from limbeck.script.base import Script, ScriptDirectory

#: Called with the directory, the revisions that a command lists, and the rows of the version table if it has read them.
ListingSink: TypeAlias = (
    "Callable[[ScriptDirectory, Iterable[Script], Collection[str] | None], None]"
)

#: Gets the revisions instead of the text that a command would print.
LISTING: ContextVar[ListingSink | None] = ContextVar("listing", default=None)


def as_object(
    script: Script,
    heads: Collection[str],
    *,
    applied: bool | None = None,
    current: bool | None = None,
) -> dict[str, Any]:
    """Return a revision as a JSON object, whose fields docs/json.md describes.

    :param script: the revision
    :param heads: the heads of all revisions
    :param applied: whether the database has applied it; `None` if no database was asked
    :param current: whether the version table names it; `None` likewise
    """
    return {
        "revision": script.revision,
        "message": script.doc,
        "down_revisions": list(script._versioned_down_revisions),
        "next_revisions": sorted(script.nextrev),
        "depends_on": list(script._resolved_dependencies),
        "branch_labels": sorted(script._orig_branch_labels),
        "is_head": script.revision in heads,
        "is_branch_point": script.is_branch_point,
        "is_merge_point": script.is_merge_point,
        "applied": applied,
        "current": current,
        "path": script.path,
    }
