"""Runs `command.revision` in a small project, and returns the script and the files that exist afterwards."""

import datetime
import os
import py_compile
import re
import shutil
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any
from unittest import mock

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.script import base as script_base

TEMPLATE = '''\
"""${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
Create Date: ${create_date}
"""
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}
'''
NOW = datetime.datetime(2024, 3, 9, 4, 5, 6, 789, tzinfo=datetime.timezone.utc)
#: The path of byte code in a cache folder, for a module name.
CACHED = f"__pycache__/{{}}.{sys.implementation.cache_tag}.pyc"

#: The folder of Mako's tracebacks: that of this process, which is removed at the end.
REPORTS = tempfile.tempdir = os.getcwd()

# Byte code of imported files is not part of the result.
sys.dont_write_bytecode = True


class Clock(datetime.datetime):
    """A `datetime` whose `now()` is always `NOW`."""

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        return NOW.astimezone(tz) if tz is not None else NOW.replace(tzinfo=None)


def explain(case: Any) -> str:
    written = "".join(
        f"-- {name} {form}\n{source}\n" for name, form, source in case.get("files", [])
    )
    return f"{_ini(case)}\n{written}revision({case.get('arguments', {})})"


def run(case: Any) -> Any:
    folder = Path(os.path.realpath(tempfile.mkdtemp()))
    os.chdir(folder)
    try:
        return _run(folder, case)
    finally:
        os.chdir("/")
        shutil.rmtree(folder)


def _run(folder: Path, case: Any) -> Any:
    (folder / "alembic.ini").write_text(_ini(case), encoding="utf-8")
    (folder / "m").mkdir()
    template = "\n".join(
        line for line in TEMPLATE.split("\n") if line.split(" ")[0] != case.get("omit", "-")
    )
    (folder / "m" / "script.py.mako").write_text(template)
    for name, form, source in case.get("files", []):
        _write(folder / name, form, source)
    before = _files(folder)
    arguments: dict[str, Any] = {
        name: value.replace("<folder>", str(folder)) if isinstance(value, str) else value
        for name, value in case.get("arguments", {}).items()
    }
    clock = mock.Mock(wraps=datetime, datetime=Clock, timezone=datetime.timezone)
    with (
        warnings.catch_warnings(record=True) as caught,
        mock.patch.object(script_base, "datetime", clock),
        mock.patch("alembic.util.rev_id", return_value="feedbeef0001"),
    ):
        warnings.simplefilter("always")
        try:
            script = command.revision(Config("alembic.ini"), **arguments)
        except Exception as error:
            # Overwrites an attribute `left` that the exception may have from a revision file.
            error.left = {  # type: ignore[attr-defined]
                "files": _changed(before, folder),
                "message": _normalized(str(error), folder).split("\n\n")[0],
            }
            raise
    return {
        "script": _attributes(script, folder),
        "files": _changed(before, folder),
        "warnings": sorted(_normalized(str(each.message), folder) for each in caught),
        "read again": _read_again(),
    }


def _normalized(text: str, folder: Path) -> str:
    """Replace the parts of a text that differ between runs: the folder, and the file of Mako's traceback."""
    text = text.replace(str(folder), "<folder>")
    return re.sub(re.escape(REPORTS) + r"\S+\.txt", "<report>", text)


def _ini(case: Any) -> str:
    settings = "".join(f"{name} = {value}\n" for name, value in case.get("settings", {}).items())
    return f"[alembic]\nscript_location = m\n{settings}"


def _write(path: Path, form: str, source: str) -> None:
    """Write a source file, its byte code, or both."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(source.encode("utf-8", "surrogatepass"))
    if form == "source":
        return
    compiled = path.with_name(path.name + "c")
    if form.startswith("cached"):
        compiled = path.parent / CACHED.format(path.name.removesuffix(".py"))
    py_compile.compile(str(path), str(compiled), doraise=True)
    if form.endswith("alone"):
        path.unlink()


def _files(folder: Path) -> dict[str, str]:
    """Return the text of each file by path; the text of a folder is `a folder`."""
    return {
        str(path.relative_to(folder)): path.read_text("latin-1") if path.is_file() else "a folder"
        for path in folder.rglob("*")
    }


def _changed(before: dict[str, str], folder: Path) -> dict[str, str | None]:
    after = _files(folder)
    return {
        name: after.get(name)
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    }


def _attributes(script: Any, folder: Path) -> Any:
    if script is None:
        return None
    # The order of the names comes from a set.
    entry = script.log_entry.replace(",", " ").encode("utf-8", "replace").decode()
    return {
        "revision": script.revision,
        "down_revision": script.down_revision,
        "dependencies": script.dependencies,
        "branch_labels": sorted(script.branch_labels),
        "_orig_branch_labels": sorted(script._orig_branch_labels),
        "path": _normalized(str(script.path), folder),
        "module": script.module.__name__,
        "doc": script.doc,
        "longdoc": script.longdoc,
        "nextrev": sorted(script.nextrev),
        "ends": [script.is_head, script.is_base, script.is_branch_point, script.is_merge_point],
        "log_entry": [sorted(line.split()) for line in _normalized(entry, folder).splitlines()],
        "text": str(script),
    }


def _read_again() -> Any:
    """Return the revisions that the next command reads, or the type of its exception."""
    try:
        directory = ScriptDirectory.from_config(Config("alembic.ini"))
        # Alembic's order of bases and heads depends on the hash seed.
        scripts = sorted(directory.walk_revisions(), key=lambda script: str(script.revision))
        return [
            [script.revision, script.down_revision, script.dependencies, script.doc]
            for script in scripts
        ]
    except Exception as error:  # noqa: BLE001 - any exception means that the files cannot be read
        return f"fails: {type(error).__name__}"
