"""Opens a file in the user's editor."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from os.path import exists
from typing import Any

from limbeck.util.compat import is_posix
from limbeck.util.exc import CommandError


def check_call(*args: Any, **kw: Any) -> int:
    """Run a program and wait for it; `subprocess` is imported on first use."""
    import subprocess

    return subprocess.check_call(*args, **kw)


def open_in_editor(filename: str, environ: dict[str, str] | None = None) -> None:
    """Open a file in an editor and wait until it is closed.

    The editor is that of `EDITOR` or `VISUAL`, else the first common one on `PATH`.

    :param filename: the file
    :param environ: the environment; by default that of the process
    :raises CommandError: if there is no editor, or it fails
    """
    env = os.environ if environ is None else environ
    try:
        for candidate in _candidates(env):
            if exists(candidate):
                check_call([candidate, filename])
                return
        raise OSError(
            'No suitable editor found. Please set the "EDITOR" or "VISUAL" environment variables'
        )
    except Exception as problem:
        raise CommandError(f"Error executing editor ({problem})") from problem


def _candidates(env: Mapping[str, str]) -> Iterator[str]:
    """Yield the paths that may be the editor, in order of preference."""
    configured = [env[key] for key in ("EDITOR", "VISUAL") if key in env]
    yield from configured
    common = (
        ("sensible-editor", "editor", "nano", "vim", "code")
        if is_posix
        else ("code.exe", "notepad++.exe", "notepad.exe")
    )
    for name in (*configured, *common):
        program = name
        if not is_posix and os.path.splitext(name)[1] != ".exe":
            program += ".exe"
        for folder in env.get("PATH", "").split(os.pathsep):
            yield os.path.join(folder, program)
