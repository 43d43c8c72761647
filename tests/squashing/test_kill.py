"""A squash that is killed leaves the old files, or what the next one makes the new files."""

import json
import os
import shutil
import signal
from pathlib import Path

import pytest
from support.kills import LOAD, killed_program
from support.programs import Program

from .conftest import Project

#: A message that gives the new file the name of an old one.
_SAME_NAME = "make"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("message", ["early tables", _SAME_NAME])
def test_killed_before_each_file_operation(
    message: str, project: Project, limbeck: Program, reference: Program, tmp_path: Path
) -> None:
    arguments = ["squash", "b1:d1", "--mode", "concat", "-m", message]
    harness = killed_program(tmp_path, arguments)
    before = project.files()

    def run(name: str, number: int) -> tuple[Path, int]:
        copy = tmp_path / name
        shutil.copytree(project.folder, copy)
        done = limbeck.python(copy, str(harness), str(copy / "migrations"), str(number))
        assert done.returncode == (-signal.SIGKILL if number else 0), done.stderr
        return copy, int(done.stdout.rpartition(" ")[2]) if not number else 0

    def files(copy: Path) -> dict[str, bytes]:
        return {
            name: b"\n".join(line for line in text.split(b"\n") if b"Create Date" not in line)
            for name, text in project.files(copy).items()
        }

    whole, count = run("whole", 0)
    assert count >= 10
    after = files(whole)
    old = files(project.folder)
    assert old.keys() == before.keys()
    copies = [run(f"killed{number}", number)[0] for number in range(1, count + 1)]
    for copy in copies:
        for name, content in files(copy).items():
            assert content in (old.get(name), after.get(name)) or name.endswith(
                (".limbeck-rebase", ".limbeck-rebase.json")
            ), name
    # Alembic loads every state, but one in which the last revision has two files.
    done = reference.python(tmp_path, "-c", LOAD, *(str(copy / "migrations") for copy in copies))
    assert done.returncode == 0, done.stderr
    loaded = json.loads(done.stdout)
    assert len(loaded) == len(copies)
    refused = [heads for heads in loaded.values() if heads[0].startswith("error")]
    assert all("f1" in heads for heads in loaded.values() if heads not in refused)
    assert len(refused) == (0 if message == _SAME_NAME else 1)
    # The next squash or rebase leaves the new files or the old ones, and nothing else.
    interrupted = 0
    for copy in copies:
        is_interrupted = (copy / "migrations" / ".limbeck-rebase.json").exists()
        interrupted += is_interrupted
        if is_interrupted:
            stamped = limbeck.alembic(copy, "stamp", "a1")
            assert "was interrupted\n\nhint: `alembic rebase` finishes it" in stamped.stdout
        done = limbeck.alembic(copy, "rebase")
        assert done.returncode == 0, done.stdout + done.stderr
        assert files(copy) in (old, after)
        if files(copy) == old:
            done = limbeck.alembic(copy, *arguments)
            assert done.returncode == 0, done.stdout + done.stderr
        assert files(copy) == after
    assert interrupted >= 6
