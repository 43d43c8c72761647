"""What `alembic rebase` refuses, and that the hint leads out of it."""

import os
import shutil
import sqlite3
from pathlib import Path

import limbeck
import pytest
from limbeck.util.exc import CommandError
from support.programs import Program
from support.repositories import ANNOTATED, Repository


@pytest.fixture
def two_heads(tmp_path: Path) -> Repository:
    """The revisions a1, and on it b1 and c1, all on `main`."""
    made = Repository(tmp_path / "project", linear=False)
    made.add("a1", None)
    made.add("b1", "a1")
    made.add("c1", "a1")
    return made


def refusal(repository: Repository, *arguments: str | None, **options: object) -> str:
    """Return the message of a refusal, after which no file has changed."""
    before = repository.files()
    with pytest.raises(CommandError) as caught:
        limbeck.rebase(repository.config, *arguments, **options)  # type: ignore[arg-type] # options of any type
    assert repository.files() == before
    assert "\n\nhint: " in str(caught.value)
    return str(caught.value)


def test_revision_of_the_base(two_heads: Repository) -> None:
    message = refusal(two_heads, "b1", onto="c1")
    assert message.startswith("b1 is in main too: others may have applied it")
    done = limbeck.rebase(two_heads.config, "b1", onto="c1", git_base="HEAD~2")
    assert [move.revision for move in done.moves] == ["b1"]
    assert done.heads == ("b1",)


def test_base_that_has_everything(two_heads: Repository) -> None:
    done = limbeck.rebase(two_heads.config)
    assert (done.moves, done.files, done.heads) == ((), (), ("b1", "c1"))


def test_circle(two_heads: Repository) -> None:
    two_heads.add("b2", "b1", commit=False)
    base = {"git_base": "HEAD~2"}
    assert "onto itself" in refusal(two_heads, "b1", onto="b2", **base)
    two_heads.add("c1", "a1", needs="b1", commit=False)
    assert "would make a circle" in refusal(two_heads, "b1", onto="c1", **base)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("down_revision = ''.join(['a', '1'])", "its header is computed"),
        ("down_revision = depends_on = 'a1'", "together with another name"),
        ("down_revision = 'a1'\nif True:\n    down_revision = 'a1'", "second time"),
    ],
)
def test_computed_header(tmp_path: Path, line: str, reason: str) -> None:
    made = Repository(tmp_path / "project", linear=False)
    made.add("a1", None)
    made.add("c1", "a1")
    made.switch("feature", new=True)
    kept = [row for row in ANNOTATED.splitlines() if not row.startswith("down_revision")]
    at = next(n for n, row in enumerate(kept) if row.startswith("revision:")) + 1
    text = "\n".join([*kept[:at], line, *kept[at + 1 :], ""])
    made.add("b1", "a1", text=text)
    message = refusal(made)
    assert message.startswith(f"{made.versions / 'b1_make.py'}, line {at + 1}: ")
    assert reason in message
    assert "set `down_revision = 'c1'` in this file yourself" in message


def test_not_in_git(two_heads: Repository) -> None:
    shutil.rmtree(two_heads.folder / ".git")
    environ = dict(os.environ)
    os.environ["GIT_CEILING_DIRECTORIES"] = str(two_heads.folder.parent)
    try:
        assert "not in a Git checkout" in refusal(two_heads)
        with pytest.raises(CommandError, match="not in a Git checkout"):
            limbeck.rebase(two_heads.config, git_base="main")
        done = limbeck.rebase(two_heads.config, "b1", onto="c1")
    finally:
        os.environ.clear()
        os.environ.update(environ)
    assert done.heads == ("b1",)


def test_unknown_names(two_heads: Repository) -> None:
    assert "does not have 'nowhere'" in refusal(two_heads, git_base="nowhere")
    for revision, onto in (("zz", None), ("b1", "zz")):
        with pytest.raises(CommandError, match="Can't locate revision identified by 'zz'"):
            limbeck.rebase(two_heads.config, revision, onto=onto)


def test_conflict_in_a_revision_file(two_heads: Repository) -> None:
    path = two_heads.versions / "b1_make.py"
    text = path.read_text()
    conflict = "<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> main\n"
    path.write_text(text.replace("def upgrade", f"{conflict}def upgrade"))
    message = refusal(two_heads, "b1", onto="c1")
    assert message.startswith(f"{path}, line 21: a conflict")


def test_several_heads_of_the_base(two_heads: Repository) -> None:
    two_heads.switch("feature", new=True)
    two_heads.add("b2", "a1")
    message = refusal(two_heads)
    assert "b2 may move onto b1 or c1" in message
    done = limbeck.rebase(two_heads.config, "b2", onto="b1")
    assert done.moves[0].after == ("b1",)


def test_merge_revision_onto_a_stranger(two_heads: Repository) -> None:
    two_heads.add("d1", "a1")
    two_heads.switch("feature", new=True)
    two_heads.add("m1", ("b1", "c1"))
    assert "stands on none of them" in refusal(two_heads, "m1", onto="d1")


class TestDatabase:
    """`--check-db` with a database that has applied a revision that moves."""

    @pytest.fixture
    def feature(self, tmp_path: Path, limbeck: Program) -> Repository:
        made = Repository(tmp_path / "project", limbeck, linear=False)
        made.add("a1", None)
        made.switch("feature", new=True)
        made.add("b1", "a1")
        made.add("b2", "b1")
        made.switch("main")
        made.add("c1", "a1")
        made.switch("feature")
        made.git("merge", "--quiet", "main")
        return made

    def rows(self, repository: Repository) -> list[str]:
        with sqlite3.connect(repository.folder / "app.db") as connection:
            found = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        return sorted(row[0] for row in found)

    def test_downgrade_repairs(self, feature: Repository) -> None:
        """The command of the hint, then rebase and upgrade: all three are applied."""
        feature.run("upgrade", "b2")
        done = feature.run("rebase", "--check-db", status=255)
        assert "has applied b1, b2, which would stand on c1" in done.stdout
        (command,) = [part for part in done.stdout.split("`") if part.startswith("alembic")]
        feature.run(*command.split()[1:])
        feature.run("rebase", "--check-db")
        feature.run("upgrade", "head")
        assert self.rows(feature) == ["b2"]
        with sqlite3.connect(feature.folder / "app.db") as connection:
            connection.execute("SELECT * FROM t_c1")

    def test_downgrade_beside_another_branch(self, feature: Repository) -> None:
        feature.switch("main")
        feature.add("c2", "c1")
        feature.switch("feature")
        feature.git("merge", "--quiet", "main")
        feature.run("upgrade", "b2")
        feature.run("upgrade", "c1")
        done = feature.run("rebase", "--check-db", status=255)
        assert "which would stand on c2" in done.stdout
        commands = [part for part in done.stdout.split("`") if part.startswith("alembic")]
        for command in commands:
            feature.run(*command.split()[1:])
        assert self.rows(feature) == ["c1"]
        feature.run("rebase", "--check-db")
        feature.run("upgrade", "head")
        assert self.rows(feature) == ["b2"]

    def test_statement_repairs(self, feature: Repository, reference: Program) -> None:
        """A database with both branches applied lacks nothing, but has a row too many."""
        feature.run("upgrade", "heads")
        done = feature.run("rebase", "--check-db", status=255)
        assert "run on this database before the next upgrade: DELETE" in done.stdout
        statement = done.stdout.strip().rpartition("upgrade: ")[2]
        feature.run("rebase")
        with sqlite3.connect(feature.folder / "app.db") as connection:
            connection.executescript(statement)
        for program in (feature.program, reference):
            assert program is not None
            done = program.alembic(feature.folder, "upgrade", "head")
            assert done.returncode == 0, done.stderr
        assert self.rows(feature) == ["b2"]
        feature.run("rebase", "--check-db")

    def test_database_without_them(self, feature: Repository, tmp_path: Path) -> None:
        feature.run("upgrade", "c1")
        feature.run("rebase", "--check-db", "--url", f"sqlite:///{feature.folder / 'app.db'}")
        feature.run("upgrade", "head")
        assert self.rows(feature) == ["b2"]
