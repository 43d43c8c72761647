"""`rebase()`: finds out what moves, plans it, checks it, and edits the files."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from limbeck import _core
from limbeck.rebasing import head_file, transaction
from limbeck.rebasing.applied import refuse_applied
from limbeck.rebasing.conflicts import refuse_conflicts
from limbeck.rebasing.git_base import Base, find_base
from limbeck.rebasing.history import History
from limbeck.rebasing.overlaps import Overlap, find_overlaps
from limbeck.rebasing.plan import (
    Move,
    Plan,
    droppable,
    move_onto,
    move_onto_base,
    needless,
    without,
)
from limbeck.rebasing.transaction import Replacement
from limbeck.script._explain import as_command_errors
from limbeck.script._squashed import read_squash
from limbeck.script.base import ScriptDirectory
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.config import Config
    from limbeck.script._script import Script


class Request(NamedTuple):
    """What the user asked for.

    :ivar revisions: an identifier, for it and what stands on it, or `START:END` for those after START up to END; `None` for
        what the base does not have.
    :ivar onto: the revision on which they are to stand; `None` for the head of the base.
    :ivar git_base: a Git ref that is the base; `None` for the default branch.
    :ivar check_db: refuse what a database has applied.
    :ivar url: that database; `None` for the project's.
    :ivar drop_merges: called with the merge revisions that could be removed; returns whether they are.
    :ivar dry_run: change nothing.
    """

    revisions: str | None = None
    onto: str | None = None
    git_base: str | None = None
    check_db: bool = False
    url: str | None = None
    drop_merges: Callable[[tuple[str, ...]], bool] = lambda merges: False
    dry_run: bool = False


class Rebase(NamedTuple):
    """What a rebase has done, or would do.

    :ivar moves: the revisions with new parents, ancestors first.
    :ivar moved: all revisions that moved, in their order, with those that stand on others that moved.
    :ivar dropped: merge revisions that were removed.
    :ivar superfluous: merge revisions with one parent left, which could be removed.
    :ivar needless: moved revisions that stand on a dependency now, each with that dependency.
    :ivar heads: the heads afterwards.
    :ivar several: those of them that share a branch with another one, sorted.
    :ivar overlaps: what both sides change.
    :ivar files: the files with their old and new content; the head file is one of them.
    :ivar base: the base; `None` if Git was not asked, or has no answer.
    :ivar finished: whether an earlier rebase that was interrupted was finished first.
    """

    moves: tuple[Move, ...]
    moved: tuple[str, ...]
    dropped: tuple[str, ...]
    superfluous: tuple[str, ...]
    needless: tuple[tuple[str, str], ...]
    heads: tuple[str, ...]
    several: tuple[str, ...]
    overlaps: tuple[Overlap, ...]
    files: tuple[Replacement, ...]
    base: str | None
    finished: bool


def run(config: Config, request: Request) -> Rebase:
    """Move revisions.

    :param config: the configuration.
    :param request: what moves, and where.
    :raises CommandError: it is refused; no file is changed then.
    """
    script = ScriptDirectory.from_config(config)
    with transaction.exclusive(script.dir, script._folders, dry_run=request.dry_run) as finished:
        refuse_conflicts(script)
        done = _rebase(config, script, request)._replace(finished=finished)
        if not request.dry_run and done.files:
            transaction.replace_files(script.dir, done.files)
    return done


def _rebase(config: Config, script: ScriptDirectory, request: Request) -> Rebase:
    """Return what a rebase does, without changing a file."""
    history = History.of(script)
    base = find_base(script, request.git_base)
    plan = _plan(script, history, base, request)
    candidates = tuple(id for id in droppable(plan) if _is_empty(script.get_revision(id)))
    if candidates and request.drop_merges(candidates):
        plan, candidates = without(plan, candidates), ()
    scripts = {found.revision: found for found in script.walk_revisions()}
    graph = _graph(plan, scripts)
    if request.check_db:
        refuse_applied(config, plan, request.url)
    files = [_edited(scripts[move.revision], move) for move in plan.moves]
    for id in plan.dropped:
        files.append(Replacement(scripts[id].path, Path(scripts[id].path).read_bytes(), None))
    heads = [(graph.id(rev), graph.labels_of(rev)) for rev in graph.heads]
    guard = head_file.find(config, script)
    change = None if guard is None else guard.replacement(heads)
    if change is not None:
        files.append(change)
    paths = {id: found.path for id, found in scripts.items()}
    return Rebase(
        moves=plan.moves,
        moved=plan.moved if plan.moves else (),
        dropped=plan.dropped,
        superfluous=candidates,
        needless=tuple(needless(plan)),
        heads=tuple(sorted(head for head, _ in heads)),
        several=tuple(sorted(id for group in head_file.crowded(heads) for id in group)),
        overlaps=tuple(find_overlaps(plan, paths)) if plan.moves else (),
        files=tuple(files),
        base=None if base is None else base.name,
        finished=False,
    )


def _plan(script: ScriptDirectory, history: History, base: Base | None, request: Request) -> Plan:
    if base is None and request.onto is None:
        raise CommandError(
            f"Git does not say what is new: {script.dir} is not in a Git checkout with a default branch "
            "(origin/HEAD, main or master)\n\n"
            "hint: name the base with --git-base REF, or name the revisions: REV --onto REV"
        )
    moved = _moved(script, history, base, request)
    target = None if request.onto is None else _revision(script, request.onto)
    if base is not None:
        _refuse_of_base(moved, history, base)
    if target is not None:
        return move_onto(history, moved, target)
    assert base is not None
    if base.missing:
        raise CommandError(
            f"This checkout lacks {', '.join(base.missing)} of {base.name}\n\n"
            f"hint: take in the files first: `git merge {base.name}` or `git rebase {base.name}`, "
            "then `alembic rebase`"
        )
    return move_onto_base(history, moved, base.revisions)


def _moved(
    script: ScriptDirectory, history: History, base: Base | None, request: Request
) -> frozenset[str]:
    """Return the revisions that the user named; by default those that the base does not have."""
    text = request.revisions
    if text is None:
        if base is None:
            raise CommandError(
                "Git does not say which revisions are new\n\n"
                "hint: name the base with --git-base REF, or name the revisions: REV --onto REV"
            )
        return frozenset(history.revisions) - base.revisions
    start, colon, end = text.partition(":")
    if colon:
        with as_command_errors(start=start, end=end):
            found = script.iterate_revisions(end or "heads", start or "base")
            return frozenset(revision.revision for revision in found)
    return frozenset(history.descendants([_revision(script, text)]))


def _revision(script: ScriptDirectory, text: str) -> str:
    """Return the identifier of a revision.

    :raises CommandError: there is none, or the base is meant.
    """
    found: Script | None = script.get_revision(text)
    if found is None:
        raise CommandError(f"'{text}' is no revision")
    return found.revision


def _refuse_of_base(moved: Collection[str], history: History, base: Base) -> None:
    both = history.sorted(set(moved) & base.revisions)
    if both:
        raise CommandError(
            f"{', '.join(both)} {'is' if len(both) == 1 else 'are'} in {base.name} too: "
            "others may have applied it where it stands\n\n"
            "hint: move the revisions that only this branch has; if no database has applied these, "
            "name a base without them: --git-base REF"
        )


def _is_empty(script: Script) -> bool:
    """Return whether neither body of a revision has code."""
    source = Path(script.path).read_bytes()
    bodies = [_core.read_body(source, name) for name in ("upgrade", "downgrade")]
    return all(body is not None and body.is_empty for body in bodies)


def _graph(plan: Plan, scripts: dict[str, Script]) -> _core.Graph:
    """Return the graph after a rebase, as the engine builds it.

    :raises CommandError: it is invalid; a dependency on a branch label may lead elsewhere than before.
    """
    with as_command_errors():
        return _core.Graph(
            [
                (
                    revision.id,
                    list(revision.parents),
                    list(_as_tuple(scripts[revision.id].dependencies)),
                    list(scripts[revision.id]._orig_branch_labels),
                )
                for revision in plan.after.revisions.values()
            ]
        )


def _as_tuple(value: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value or ()


def _edited(script: Script, move: Move) -> Replacement:
    """Return the file of a revision with its new parents.

    :raises CommandError: the engine cannot edit it with certainty, or the parents stand in further files.
    """
    if read_squash(script.revision, script.path) is not None:
        raise CommandError(
            f"{script.revision} is a squash: its old files name its parents too\n\n"
            "hint: undo the squash with Git, rebase, and squash again; or move what stands on it"
        )
    source = Path(script.path).read_bytes()
    edited = _core.replace_parents(source, list(move.before), list(move.after))
    if isinstance(edited, bytes):
        return Replacement(script.path, source, edited)
    line, reason = edited
    place = script.path if line is None else f"{script.path}, line {line}"
    value = repr(move.after[0] if len(move.after) == 1 else move.after or None)
    raise CommandError(
        f"{place}: {reason}\n\nhint: set `down_revision = {value}` in this file yourself"
    )
