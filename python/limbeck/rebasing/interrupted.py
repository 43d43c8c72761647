"""Whether a replacement of revision files was interrupted. Every run asks, so that this module imports little."""

from __future__ import annotations

import os

from limbeck.util.exc import CommandError

#: The file that names the replaced files, in the script directory. `src/startup/head_file.rs` looks for it too.
JOURNAL = ".limbeck-rebase.json"
#: What happened, and what finishes it.
WHAT = "A rebase or squash was interrupted"
HINT = "`alembic rebase` finishes it"


def is_interrupted(folder: str) -> bool:
    """Return whether a replacement was interrupted.

    :param folder: the script directory.
    """
    return os.path.exists(os.path.join(folder, JOURNAL))


def refuse_interrupted(folder: str, hint: str = HINT) -> None:
    """Refuse revision files of which some are old and some are new.

    :param folder: the script directory.
    :param hint: what finishes the replacement.
    :raises CommandError: a replacement was interrupted.
    """
    if is_interrupted(folder):
        raise CommandError(f"{WHAT}\n\nhint: {hint}")
