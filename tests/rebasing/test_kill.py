"""A rebase that is killed leaves the old files, or what the next rebase makes the new files."""

import json
import os
import shutil
import signal
from pathlib import Path

import pytest
from support.kills import LOAD, killed_program
from support.programs import Program
from support.repositories import Repository


@pytest.fixture
def repository(tmp_path: Path, limbeck: Program) -> Repository:
    """A rebase of two lines and a merge revision: four files change, and one is removed."""
    made = Repository(tmp_path / "project", limbeck)
    made.add("a1", None, head="a1")
    made.switch("feature", new=True)
    made.add("b1", "a1")
    made.add("b2", "a1")
    made.add("m1", ("b1", "b2"), "pass")
    made.add("b3", "m1", head="b3")
    made.switch("main")
    made.add("c1", "a1", head="c1")
    made.switch("feature")
    made.git("merge", "--quiet", "main", check=False)
    return made


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_killed_before_each_file_operation(
    repository: Repository, limbeck: Program, reference: Program, tmp_path: Path
) -> None:
    harness = killed_program(tmp_path, ["rebase", "--drop-merges"])
    before = repository.files()

    def run(name: str, number: int) -> Path:
        copy = tmp_path / name
        shutil.copytree(repository.folder, copy)
        done = limbeck.python(copy, str(harness), str(copy / "migrations"), str(number))
        assert done.returncode == (-signal.SIGKILL if number else 0), done.stderr
        if not number:
            assert int(done.stdout.rpartition(" ")[2]) >= 10
            counts.append(int(done.stdout.rpartition(" ")[2]))
        return copy

    counts: list[int] = []
    after = repository.files(run("whole", 0))
    assert len({name for name in before if before.get(name) != after.get(name)}) >= 4
    copies = [run(f"killed{number}", number) for number in range(1, counts[0] + 1)]
    # Each file is the old one or the new one, and what is left beside them is no revision file.
    for copy in copies:
        for name, content in repository.files(copy).items():
            assert content in (before.get(name), after.get(name)) or name.endswith(
                (".limbeck-rebase", ".limbeck-rebase.json")
            ), name
        for name in before:
            assert name in repository.files(copy) or name not in after
    # Alembic itself loads every state.
    done = reference.python(tmp_path, "-c", LOAD, *(str(copy / "migrations") for copy in copies))
    assert done.returncode == 0, done.stderr
    loaded = json.loads(done.stdout)
    assert len(loaded) == len(copies)
    assert not any(head.startswith("error") for heads in loaded.values() for head in heads)
    # The next rebase leaves the new files, and nothing else.
    interrupted = 0
    for copy in copies:
        is_interrupted = (copy / "migrations" / ".limbeck-rebase.json").exists()
        if is_interrupted:
            interrupted += 1
            checked = limbeck.alembic(copy, "heads", "--check")
            assert (checked.returncode, "was interrupted" in checked.stderr) == (1, True)
        done = limbeck.alembic(copy, "rebase", "--drop-merges")
        assert done.returncode == 0, done.stdout + done.stderr
        assert ("is finished now" in done.stderr) == is_interrupted
        assert repository.files(copy) == after
    assert interrupted >= 6


def test_changed_file_is_not_overwritten(repository: Repository, tmp_path: Path) -> None:
    """A file was edited after the crash."""
    harness = killed_program(tmp_path, ["rebase", "--drop-merges"])
    assert repository.program is not None
    for number in range(1, 40):
        copy = tmp_path / f"copy{number}"
        shutil.copytree(repository.folder, copy)
        repository.program.python(copy, str(harness), str(copy / "migrations"), str(number))
        if (copy / "migrations" / ".limbeck-rebase.json").exists():
            break
    path = copy / "migrations" / "versions" / "b1_make.py"
    path.write_text("# edited\n" + path.read_text())
    done = repository.program.alembic(copy, "rebase")
    assert done.returncode == 255
    assert f"A rebase or squash was interrupted, and {path} was changed since" in done.stdout
    assert path.read_text().startswith("# edited\n")


def test_two_at_once(repository: Repository) -> None:
    fcntl = pytest.importorskip("fcntl", reason="Windows has no flock()")
    descriptor = os.open(repository.folder / "migrations", os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        done = repository.run("rebase", status=255)
    finally:
        os.close(descriptor)
    assert "Another rebase or squash of these revisions is running" in done.stdout
