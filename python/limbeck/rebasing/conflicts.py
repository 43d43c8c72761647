"""Conflicts of Git in revision files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from limbeck.script._loading import list_files
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.script.base import ScriptDirectory

_CONFLICT = re.compile(rb"^<{7} .*?^={7}\r?$.*?^>{7} ", re.MULTILINE | re.DOTALL)


def refuse_conflicts(script: ScriptDirectory) -> None:
    """Refuse revision files with conflict markers of Git.

    :raises CommandError: there is one.
    """
    for folder in script._folders:
        for path in list_files(
            Path(folder), recursive=script.recursive_version_locations, sourceless=False
        ):
            if not script._is_revision_file(path.name):
                continue
            content = path.read_bytes()
            marker = _CONFLICT.search(content) if b"<<<<<<< " in content else None
            if marker is not None:
                line = content.count(b"\n", 0, marker.start()) + 1
                raise CommandError(
                    f"{path}, line {line}: a conflict that is not resolved\n\n"
                    "hint: resolve it in this file first; only that of the head file is resolved by `rebase`"
                )
