"""Which revisions are checked."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from limbeck.util._git import default_branch, git, has_commit
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.config import Config
    from limbeck.script._script import Script
    from limbeck.script.base import ScriptDirectory


class Request(NamedTuple):
    """What the user asked for; at most one of these.

    :ivar range: an identifier, or `START:END` as `upgrade --sql` takes it.
    :ivar pending: what the database has not applied.
    :ivar all: every revision.
    :ivar since: what is new since the merge base with a Git ref.
    """

    range: str | None = None
    pending: bool = False
    all: bool = False
    since: str | None = None


class Selection(NamedTuple):
    """Revisions to check.

    :ivar revisions: their identifiers.
    :ivar note: how they were chosen, for a run without an argument; `None` otherwise.
    :ivar new: those whose files a Git base does not have; `None` if the base is not known.
    """

    revisions: frozenset[str]
    note: str | None = None
    new: frozenset[str] | None = None


def select(
    config: Config, script: ScriptDirectory, ordered: list[Script], request: Request
) -> Selection:
    """Return the revisions that a request names.

    :param config: the configuration.
    :param script: the directory.
    :param ordered: all revisions, parents first.
    :param request: the request.
    :raises CommandError: an identifier is unknown, or Git has no answer.
    """
    everything = frozenset(revision.revision for revision in ordered)
    if request.range is not None:
        return Selection(_in_range(script, request.range))
    if request.pending:
        from limbeck.state.status import status

        return Selection(frozenset(status(config).pending))
    if request.all:
        return Selection(everything)
    if request.since is not None:
        return _since(script, ordered, request.since)
    folder = script.dir
    if git(folder, "rev-parse", "--is-inside-work-tree") != "true":
        return Selection(everything, "all revisions, because this is not a Git checkout")
    branch = default_branch(folder)
    if branch is None:
        if git(folder, "remote"):
            raise CommandError(_no_base("the default branch"))
        return Selection(everything, "all revisions, because Git knows no branch main or master")
    note = f"revisions since the merge base with {branch}"
    return _since(script, ordered, branch)._replace(note=note)


def _in_range(script: ScriptDirectory, text: str) -> frozenset[str]:
    start, colon, end = text.partition(":")
    if not colon:
        return frozenset(found.revision for found in script.get_revisions(text))
    chosen = script.iterate_revisions(end or "heads", start or "base")
    return frozenset(found.revision for found in chosen)


def after(script: ScriptDirectory, revision: str) -> frozenset[str]:
    """Return the revisions that are not ancestors of a revision, nor the revision itself."""
    everything = {found.revision for found in script.walk_revisions()}
    older = {found.revision for found in script.iterate_revisions(revision, "base")}
    return frozenset(everything - older)


def _since(script: ScriptDirectory, ordered: list[Script], ref: str) -> Selection:
    folder = script.dir
    if not has_commit(folder, ref):
        raise CommandError(_no_base(f"'{ref}'"))
    base = git(folder, "merge-base", ref, "HEAD")
    if base is None:
        raise CommandError(_no_base(f"a merge base with '{ref}'"))
    top = git(folder, "rev-parse", "--show-toplevel") or "."
    changed = git(top, "diff", "--name-only", "-z", "--diff-filter=d", base)
    # Without the files that were renamed, or copied from others.
    added = git(top, "diff", "--name-only", "-z", "--find-copies", "--diff-filter=A", base)
    untracked = git(top, "ls-files", "--others", "--exclude-standard", "-z")

    def revisions(*listings: str | None) -> frozenset[str]:
        names = [name for listing in listings for name in (listing or "").split("\0") if name]
        paths = {os.path.realpath(os.path.join(top, name)) for name in names}
        return frozenset(f.revision for f in ordered if os.path.realpath(f.path) in paths)

    return Selection(revisions(changed, untracked), None, revisions(added, untracked))


def _no_base(what: str) -> str:
    return (
        f"This Git checkout does not have {what}\n\n"
        "hint: a shallow checkout lacks it: fetch the history (`fetch-depth: 0` of actions/checkout, "
        "GIT_DEPTH: 0 on GitLab), or name the revisions: --all, --since REF, or START:END"
    )
