"""Kills `alembic` before each of its file operations."""

from collections.abc import Sequence
from pathlib import Path

#: Runs `alembic`, and kills the process before the file operation with a number. Prints the number of operations.
_KILLED = """\
import os, signal, sys
from limbeck.__main__ import alembic

folder, number, done = os.path.realpath(sys.argv[1]), int(sys.argv[2]), 0

def count(event, arguments):
    global done
    if event not in ("open", "os.rename", "os.remove"):
        return
    if event == "open" and not (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR):
        return
    if str(arguments[0]).startswith(folder):
        done += 1
        if done == number:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(count)
alembic({arguments!r})
print("operations:", done)
"""
#: Loads the revisions in folders as Alembic does, and prints their heads, or an error.
LOAD = """\
import json, sys
from alembic.script import ScriptDirectory
from alembic.util import CommandError

found = {}
for folder in sys.argv[1:]:
    script = ScriptDirectory(folder)
    try:
        assert list(script.walk_revisions())
        found[folder] = sorted(script.get_heads())
    except CommandError as error:
        found[folder] = [f"error: {error}"]
print(json.dumps(found))
"""


def killed_program(folder: Path, arguments: Sequence[str]) -> Path:
    """Write a program that kills `alembic`: `python PROGRAM DIRECTORY NUMBER`.

    :param folder: the folder of the program.
    :param arguments: the arguments of `alembic`.
    """
    path = folder / "killed.py"
    path.write_text(_KILLED.replace("{arguments!r}", repr(list(arguments))))
    return path
