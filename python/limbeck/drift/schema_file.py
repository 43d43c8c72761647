"""Keeps the snapshot of a developer's database in a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from limbeck.drift.states import live_snapshot
from limbeck.runtime._notices import Notify, quiet_runs
from limbeck.settings.schema_file import SCHEMA_FILE_VARIABLE
from limbeck.util._files import write_file
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.config import Config
    from limbeck.script.base import ScriptDirectory


def keep_schema_file(
    config: Config, script: ScriptDirectory, path: str, tell: Notify, tag: str | None = None
) -> None:
    """Write the snapshot of the database to a file, unless the file has it already.

    A failure is a warning, because the database has been migrated.

    :param config: the configuration.
    :param script: the script directory.
    :param path: the file.
    :param tell: gets the warning, or the news that the file was written.
    :param tag: the value of `get_tag_argument()` in env.py.
    """
    try:
        with quiet_runs():
            text = live_snapshot(config, script, tag=tag).snapshot.as_text()
        if _content(path) != text.encode():
            write_file(path, text)
            tell(f"wrote {path}")
    except CommandError as error:
        what = str(error).partition("\n")[0]
        tell(
            f"warning: the schema file {path} is not up to date: {what}\n\n"
            f"hint: {SCHEMA_FILE_VARIABLE}=off where it should not be written"
        )


def _content(path: str) -> bytes | None:
    try:
        return Path(path).read_bytes()
    except OSError:
        return None  # writing says why
