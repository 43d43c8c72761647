"""`alembic rebase`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from limbeck.cli.difference import difference
from limbeck.lint.output.paths import place, relative
from limbeck.rebasing.head_file import HeadFile
from limbeck.rebasing.rebase import Rebase, Request, run
from limbeck.util._words import counted

if TYPE_CHECKING:
    from limbeck.config import Config


def rebase_command(
    config: Config,
    moved_range: str | None = None,
    onto: str | None = None,
    git_base: str | None = None,
    check_db: bool = False,
    url: str | None = None,
    drop_merges: bool = False,
    dry_run: bool = False,
) -> None:
    """Move revisions onto others, and print what changed."""
    request = Request(
        moved_range,
        onto=onto,
        git_base=git_base,
        check_db=check_db,
        url=url,
        drop_merges=lambda merges: drop_merges or (not dry_run and _ask(merges)),
        dry_run=dry_run,
    )
    done = run(config, request)
    for line in _notes(done):
        print(line, file=sys.stderr)
    for line in _lines(done, dry_run=dry_run):
        config.print_stdout("%s", line)


def _ask(merges: tuple[str, ...]) -> bool:
    """Ask on a terminal whether merge revisions are removed."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    names = ", ".join(merges)
    question = f"{names}: nothing is left to merge, and the bodies are empty. Remove? [y/N]: "
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _notes(done: Rebase) -> list[str]:
    notes = []
    if done.finished:
        notes.append("note: a rebase that was interrupted is finished now")
    notes += [
        f"warning: both sides change {overlap.name}: {overlap.moved.revision} "
        f"({place(relative(overlap.moved.path), overlap.moved.line)}), now after {overlap.other.revision} "
        f"({place(relative(overlap.other.path), overlap.other.line)})"
        for overlap in done.overlaps
    ]
    notes += [
        f"warning: {id} stands on {needed} now, which its depends_on names too: Alembic may fail at such a "
        "revision, so take it out"
        for id, needed in done.needless
    ]
    if done.superfluous:
        notes.append(
            f"note: {', '.join(done.superfluous)}: nothing is left to merge, and the bodies are empty; "
            "--drop-merges removes such a revision"
        )
    if done.several and not done.moves:
        notes.append(
            f"note: {', '.join(done.several)} are heads of one branch; to move one of them that "
            f"{done.base or 'the base'} has already: REV --onto REV --git-base REF, with a REF that lacks it"
        )
    return notes


def _lines(done: Rebase, *, dry_run: bool) -> list[str]:
    """Return what changed: a line for each file, or in a dry run the difference."""
    moves = {move.revision: move for move in done.moves}
    lines = []
    if dry_run:
        lines += [
            difference(path, before or b"", after or b"").rstrip("\n")
            for path, before, after in done.files
        ]
    else:
        shown = [f"{_ids(move.before)} -> {_ids(move.after)}" for move in moves.values()]
        shown += ["removed"] * len(done.dropped)
        for replacement in done.files[len(shown) :]:
            head_file = HeadFile(replacement.path, replacement.before)
            conflict = ", its conflict is resolved" if head_file.has_conflict else ""
            shown.append(f"{', '.join(done.heads)}{conflict}")
        lines += [
            f"{relative(file.path)}: {text}" for file, text in zip(done.files, shown, strict=True)
        ]
    heads = f"{'head' if len(done.heads) == 1 else 'heads'}: {', '.join(done.heads) or 'none'}"
    if not done.moves:
        why = f"the revisions stand on those of {done.base} already"
        return [*lines, f"Nothing to move{f': {why}' if done.base else ''}; {heads}"]
    verb = "Would move" if dry_run else "Moved"
    return [*lines, f"{verb} {counted(len(done.moved), 'revision')}; {heads}"]


def _ids(parents: tuple[str, ...]) -> str:
    return ", ".join(parents) or "base"
