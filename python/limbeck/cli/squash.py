"""`alembic squash`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from limbeck.cli.difference import difference
from limbeck.lint.output.paths import place, relative
from limbeck.squashing.squash import Mode, Request, Squash, run
from limbeck.util._words import counted
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.config import Config


def squash_command(
    config: Config,
    squashed_range: str,
    squash_message: str | None = None,
    squash_mode: Mode = "schema",
    keep_folder: str | None = None,
    keep_data: bool = False,
    drop_data: bool = False,
    squash_verify: bool = False,
    dry_run: bool = False,
) -> None:
    """Replace revisions by one, and print what changed."""
    if keep_data and drop_data:
        raise CommandError(
            "--keep-data and --drop-data exclude each other\n\nhint: give one of them"
        )
    request = Request(
        squashed_range,
        message=squash_message,
        mode=squash_mode,
        keep=keep_folder,
        keep_data=True if keep_data else False if drop_data else None,
        verify=squash_verify,
        dry_run=dry_run,
    )
    done = run(config, request)
    if done.finished:
        print("note: a rebase or squash that was interrupted is finished now", file=sys.stderr)
    for column in done.not_compared:
        print(f"note: not compared, each run gives it other values: {column}", file=sys.stderr)
    for one in done.dropped_data:
        print(f"note: left out: {place(relative(one.file), one.line)}: {one.text}", file=sys.stderr)
    for line in _lines(done, dry_run=dry_run, verified=squash_verify):
        config.print_stdout("%s", line)


def _lines(done: Squash, *, dry_run: bool, verified: bool) -> list[str]:
    """Return what changed: the new file, and in a dry run its text."""
    first, last = done.replaced[0], done.revision
    shown = f"{counted(len(done.replaced), 'revision')}, {first} to {last}"
    lines = []
    if dry_run:
        lines += [
            difference(file.path, file.before or b"", file.after).rstrip("\n")
            for file in done.files
            if file.after is not None and not _is_copy(done, file.after)
        ]
    lines += [f"{relative(done.path)}: {shown}", f"{relative(done.folder)}: their files"]
    if verified:
        lines.append("Verified: the old and the new revisions make the same")
    return [*lines, f"{'Would squash' if dry_run else 'Squashed'} {shown}"]


def _is_copy(done: Squash, content: bytes) -> bool:
    """Return whether a new file is an old one in another folder."""
    return any(file.after is None and file.before == content for file in done.files)
