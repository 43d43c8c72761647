"""The head file, and `alembic heads --check`."""

import re
import shutil
from pathlib import Path

import pytest
from limbeck import _core
from support.pages import ROOT
from support.programs import Program
from support.repositories import Repository

pytestmark = pytest.mark.usefixtures("short_cuts_on_and_off")


@pytest.fixture
def repository(tmp_path: Path, limbeck: Program) -> Repository:
    made = Repository(tmp_path / "project", limbeck)
    made.add("a1", None, head="a1")
    return made


def head(repository: Repository) -> str:
    return (repository.versions / "HEAD").read_text()


def test_commands_keep_the_file(repository: Repository, reference: Program) -> None:
    repository.run("revision", "--rev-id", "b1", "-m", "x")
    assert head(repository) == "b1\n"
    repository.run("revision", "--rev-id", "c1", "-m", "x", "--head", "a1", "--splice")
    assert head(repository) == "b1\nc1\n"
    repository.run("merge", "--rev-id", "m1", "-m", "x", "heads")
    assert head(repository) == "m1\n"
    repository.run(
        "revision", "--rev-id", "d1", "-m", "x", "--head", "base", "--branch-label", "mail"
    )
    assert head(repository) == "m1\nd1 (mail)\n"
    done = reference.alembic(repository.folder, "heads")
    assert sorted(done.stdout.splitlines()) == ["d1 (mail) (head)", "m1 (head)"]


def test_file_is_not_kept_unless_asked_for(tmp_path: Path, limbeck: Program) -> None:
    made = Repository(tmp_path / "project", limbeck, linear=False)
    made.run("revision", "--rev-id", "b1", "-m", "x")
    assert not (made.versions / "HEAD").exists()
    assert made.run("heads", "--check").stdout == "b1 (head)\n"


def test_invalid_setting_is_found_before_a_file_is_written(repository: Repository) -> None:
    ini = repository.folder / "alembic.ini"
    ini.write_text(ini.read_text().replace("linear = true", "linear = perhaps"))
    before = repository.files()
    done = repository.run("revision", "-m", "x", status=255)
    assert "'linear' in [limbeck] is neither true nor false" in done.stdout
    assert repository.files() == before


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("a1\n", None),
        ("# the head\r\na1\r\n", None),
        ("a1 (x)\n", None),
        ("b1\n", "is stale: it names b1, and the head is a1"),
        ("", "is stale: it names nothing, and the head is a1"),
        ("a1\nb1\n", "is stale: it names a1, b1, and the head is a1"),
        ("<<<<<<< HEAD\na1\n=======\nb1\n>>>>>>> x\n", "has a conflict"),
        (None, "does not exist"),
    ],
)
def test_stale_file(repository: Repository, content: str | None, problem: str | None) -> None:
    path = repository.versions / "HEAD"
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content.encode())
    done = repository.run("heads", "--check", status=1 if problem else 0)
    assert done.stdout == "a1 (head)\n"
    assert (problem or "") in done.stderr
    assert bool(done.stderr) == bool(problem)
    repository.run("rebase")
    assert repository.run("heads", "--check").stderr == ""


def test_several_heads(repository: Repository) -> None:
    """Heads of branches with labels of their own are expected."""
    repository.add("b1", None, labels=("mail",), head="a1\nb1 (mail)")
    repository.run("heads", "--check")
    repository.add("b2", "b1", head="a1\nb2 (mail)")
    repository.run("heads", "--check", "-v")
    repository.add("b3", "b1", head="a1\nb2 (mail)\nb3 (mail)")
    done = repository.run("heads", "--check", status=1)
    assert done.stderr.startswith("The branch mail has 2 heads: b2, b3\n\nhint: ")


def test_engine_answers_alone(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing is wrong, Python's command line is not imported."""
    monkeypatch.chdir(repository.folder)
    assert _core.answer(["heads", "--check"]) == "a1 (head)"
    (repository.versions / "HEAD").write_text("b1\n")
    assert _core.answer(["heads", "--check"]) is None
    assert _core.answer(["heads"]) is not None


def test_check_runs_nothing_of_the_project(repository: Repository) -> None:
    for name in ("env.py", "versions/b1_make.py"):
        (repository.folder / "migrations" / name).write_text(
            "revision = 'b1'\ndown_revision = 'a1'\n\n\ndef f():\n    1 / 0\n\n\nf()\n"
        )
    repository.run("heads", "--check", status=1)


class TestOtherPackage:
    """`head.txt` of alembic-linear-migrations, as version 2026.7.0 writes it."""

    HEADER = (
        "# alembic-linear-migrations\n# Records the current head of the migration graph.\n"
        "# A conflict here means two branches added a migration from the same parent.\n"
        "# Resolve with:  alembic-linear rebase\n#\n"
    )

    @pytest.fixture
    def repository(self, tmp_path: Path, limbeck: Program) -> Repository:
        """Its conflict, after the merge of a branch."""
        made = Repository(tmp_path / "project", limbeck, linear=False)
        path = made.folder / "migrations" / "head.txt"
        for branch, id, down in (
            ("main", "a1", None),
            ("feature", "b1", "a1"),
            ("main", "c1", "a1"),
        ):
            if id != "a1":
                made.switch(branch, new=branch == "feature")
            path.write_text(f"{self.HEADER}{id}\n")
            made.add(id, down)
        made.switch("feature")
        made.git("merge", "--quiet", "main", check=False)
        assert "<<<<<<< HEAD\nb1\n" in path.read_text()
        return made

    def test_conflict_is_resolved(self, repository: Repository) -> None:
        repository.run("heads", "--check", status=1)
        done = repository.run("rebase")
        assert "migrations/head.txt: b1, its conflict is resolved" in done.stdout
        path = repository.folder / "migrations" / "head.txt"
        assert path.read_text() == f"{self.HEADER}b1\n"
        repository.run("heads", "--check")
        path.write_text(f"{self.HEADER}c1\n")
        assert "head.txt is stale" in repository.run("heads", "--check", status=1).stderr

    def test_package_reads_the_result(self, repository: Repository) -> None:
        """The rules of its reader: comments begin with `#`, and one line is left."""
        repository.run("rebase")
        text = (repository.folder / "migrations" / "head.txt").read_text()
        lines = [line for line in text.splitlines() if line and not line.startswith("#")]
        assert lines == ["b1"]

    def test_other_file_of_this_name(self, repository: Repository) -> None:
        repository.run("rebase")
        path = repository.folder / "migrations" / "head.txt"
        path.write_text("notes\n")
        repository.run("heads", "--check")
        repository.run("rebase")
        assert path.read_text() == "notes\n"

    def test_it_takes_the_place_of_the_own_file(self, repository: Repository) -> None:
        with (repository.folder / "alembic.ini").open("a") as file:
            file.write("[limbeck]\nlinear = true\n")
        repository.run("rebase")
        repository.run("revision", "-m", "x", "--rev-id", "d1")
        assert (repository.folder / "migrations" / "head.txt").read_text() == f"{self.HEADER}d1\n"
        assert not (repository.versions / "HEAD").exists()


def test_pre_commit_hook(repository: Repository) -> None:
    """The command of the hook for other repositories."""
    text = (ROOT / ".pre-commit-hooks.yaml").read_text()
    (hook,) = re.findall(r"- id: alembic-heads\n((?:  .*\n)+)", text)
    (entry,) = re.findall(r"entry: alembic (.*)", hook)
    (files,) = re.findall(r"files: (.*)", hook)
    assert re.search(files, "migrations/versions/HEAD")
    assert re.search(files, "migrations/versions/a1.py")
    assert re.search(files, "migrations/head.txt")
    repository.run(*entry.split())
    shutil.copy(repository.versions / "a1_make.py", repository.versions / "b1_make.py")
    path = repository.versions / "b1_make.py"
    path.write_text(path.read_text().replace("'a1'", "'b1'"))
    repository.run(*entry.split(), status=1)
