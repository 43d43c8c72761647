"""What `alembic heads --check` finds: several heads of one branch, or a head file that does not name the heads.

`src/startup/head_file.rs` answers first where nothing is wrong.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from limbeck.rebasing import head_file, interrupted

if TYPE_CHECKING:
    from limbeck.config import Config
    from limbeck.script.base import ScriptDirectory

#: The exit status of a check that finds something.
FINDINGS = 1


def check(config: Config, script: ScriptDirectory) -> None:
    """Print what is wrong on standard error.

    :raises SystemExit: something is, with status 1.
    """
    problems = find_problems(config, script)
    for message, hint in problems:
        print(f"{message}\n\nhint: {hint}", file=sys.stderr)
    if problems:
        raise SystemExit(FINDINGS)


def find_problems(config: Config, script: ScriptDirectory) -> list[tuple[str, str]]:
    """Return what is wrong with the heads, each with a hint.

    :raises CommandError: the head file cannot be read.
    """
    problems = []
    if interrupted.is_interrupted(script.dir):
        problems.append((interrupted.WHAT, interrupted.HINT))
    heads = head_file.head_scripts(script)
    labels = {head.revision: head.branch_labels for head in heads}
    for group in head_file.crowded(labels.items()):
        shared = ", ".join(sorted(labels[group[0]]))
        branch = f"branch {shared}" if shared else "history"
        problems.append(
            (
                f"The {branch} has {len(group)} heads: {', '.join(group)}",
                "`alembic rebase` puts the new revisions onto the others",
            )
        )
    guard = head_file.find(config, script)
    if guard is None:
        return problems
    if guard.content is None:
        problems.append((f"{guard.path} does not exist", _WRITE))
    elif guard.has_conflict:
        problems.append((f"{guard.path} has a conflict", "`alembic rebase` resolves it"))
    elif set(guard.heads) != {head.revision for head in heads}:
        names = ", ".join(sorted(head.revision for head in heads))
        named = ", ".join(guard.heads) or "nothing"
        problems.append(
            (f"{guard.path} is stale: it names {named}, and the head is {names}", _WRITE)
        )
    return problems


_WRITE = "`alembic rebase` writes it; commit it with the revision"
