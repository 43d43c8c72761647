"""Two branches of a team, in real Git repositories, and what `alembic rebase` makes of them."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from support.compare import describe
from support.programs import Program
from support.repositories import Repository, changed_lines


@pytest.fixture
def repository(tmp_path: Path, limbeck: Program) -> Repository:
    """A repository with the revisions a1 on `main`, b1 and b2 on `feature`, and then c1 on `main`."""
    made = Repository(tmp_path / "project", limbeck)
    made.add("a1", None, head="a1")
    made.switch("feature", new=True)
    made.add("b1", "a1", head="b1")
    made.add("b2", "b1", head="b2")
    made.switch("main")
    made.add("c1", "a1", head="c1")
    made.switch("feature")
    return made


def merge_with_conflict(repository: Repository, branch: str = "main") -> None:
    repository.git("merge", "--quiet", branch, check=False)
    assert b"<<<<<<<" in (repository.versions / "HEAD").read_bytes()


def check_one_head(repository: Repository, reference: Program, head: str) -> None:
    """Check the heads with both programs, and the head file."""
    assert repository.run("heads", "--check").stdout == f"{head} (head)\n"
    assert reference.alembic(repository.folder, "heads").stdout == f"{head} (head)\n"
    assert (repository.versions / "HEAD").read_text() == f"{head}\n"


def check_upgrades(repository: Repository, reference: Program, applied: str | None) -> None:
    """Upgrade a fresh database, and one that had the base applied, with both programs.

    :param applied: the database with the base applied, made before the rebase; `None` for no such database.
    """
    database = repository.folder / "app.db"
    found = []
    for program in (repository.program, reference):
        for source in (None, applied):
            database.unlink(missing_ok=True)
            if source is not None:
                shutil.copy(source, database)
            assert program is not None
            done = program.alembic(repository.folder, "upgrade", "head")
            assert done.returncode == 0, done.stderr
            found.append(describe(f"sqlite:///{database}"))
    assert all(one["tables"].keys() == found[0]["tables"].keys() for one in found)
    assert all(one["versions"] == found[0]["versions"] for one in found)


def upgraded(repository: Repository, branch: str, copy: Path) -> str:
    """Upgrade a database with the revisions of a branch, and return a copy of it."""
    repository.switch(branch)
    repository.run("upgrade", "heads")
    shutil.move(repository.folder / "app.db", copy)
    return str(copy)


def test_conflict_of_a_merge_is_resolved(
    repository: Repository, reference: Program, tmp_path: Path
) -> None:
    applied = upgraded(repository, "main", tmp_path / "main.db")
    repository.switch("feature")
    merge_with_conflict(repository)
    checked = repository.run("heads", "--check", status=1)
    assert "has 2 heads: b2, c1" in checked.stderr
    assert "HEAD has a conflict" in checked.stderr
    before = repository.files()
    done = repository.run("rebase")
    assert done.stdout == (
        "migrations/versions/b1_make.py: a1 -> c1\n"
        "migrations/versions/HEAD: b2, its conflict is resolved\n"
        "Moved 2 revisions; head: b2\n"
    )
    after = repository.files()
    assert before.keys() == after.keys()
    different = {name for name in after if after[name] != before[name]}
    assert different == {"migrations/versions/b1_make.py", "migrations/versions/HEAD"}
    moved = "migrations/versions/b1_make.py"
    assert changed_lines(before[moved], after[moved]) == [4, 16]
    check_one_head(repository, reference, "b2")
    check_upgrades(repository, reference, applied)
    repository.commit()
    assert "Nothing to move" in repository.run("rebase").stdout


def test_each_commit_of_a_git_rebase(repository: Repository, reference: Program) -> None:
    """Git stops at the first commit only: the second one's change of HEAD applies then."""
    repository.git("rebase", "main", check=False)
    assert repository.run("rebase").stdout.startswith("migrations/versions/b1_make.py: a1 -> c1\n")
    repository.git("add", "--all")
    repository.git("rebase", "--continue")
    check_one_head(repository, reference, "b2")
    check_upgrades(repository, reference, None)


def test_merge_on_the_default_branch_moves_the_other_side(
    repository: Repository, reference: Program
) -> None:
    repository.switch("main")
    merge_with_conflict(repository, "feature")
    repository.run("rebase")
    check_one_head(repository, reference, "b2")
    assert (repository.versions / "b1_make.py").read_text().count("'c1'") == 1


def test_heads_of_the_default_branch_itself(repository: Repository, reference: Program) -> None:
    """Both were merged without a conflict, for instance because nobody kept a head file."""
    repository.switch("main")
    merge_with_conflict(repository, "feature")
    repository.commit("merged with the conflict")
    done = repository.run("rebase")
    assert "Nothing to move: the revisions stand on those of main already; heads: b2, c1" in (
        done.stdout
    )
    assert "note: b2, c1 are heads of one branch" in done.stderr
    repository.run("rebase", "b1", "--onto", "c1", "--git-base", "main^1")
    check_one_head(repository, reference, "b2")


def test_branch_that_lacks_revisions_of_the_base(repository: Repository) -> None:
    done = repository.run("rebase", status=255)
    assert "This checkout lacks c1 of main" in done.stderr + done.stdout
    assert "git merge main" in done.stderr + done.stdout


@pytest.mark.parametrize("side", ["main", "feature"])
def test_old_revision_that_one_side_deleted(
    tmp_path: Path, limbeck: Program, reference: Program, side: str
) -> None:
    """The first revision was pruned; the other side still has it before the merge."""
    made = Repository(tmp_path / "project", limbeck)
    made.add("a0", None)
    made.add("a1", "a0", head="a1")
    made.switch("feature", new=True)
    made.add("b1", "a1", head="b1")
    made.switch("main")
    if side == "main":
        made.add("c1", "a1", head="c1")
    made.switch(side)
    (made.versions / "a0_make.py").unlink()
    made.add("a1", None)
    made.switch("feature")
    if side == "main":
        merge_with_conflict(made)
    done = made.run("rebase")
    assert ("b1_make.py: a1 -> c1" in done.stdout) == (side == "main")
    assert "a0" not in done.stdout
    check_one_head(made, reference, "b1")


def test_remote_default_branch(repository: Repository, tmp_path: Path, limbeck: Program) -> None:
    """`origin/HEAD` is the base, whatever its name is."""
    repository.git("branch", "--move", "main", "trunk")
    repository.switch("trunk")
    clone = tmp_path / "clone"
    repository.git("clone", "--quiet", str(repository.folder), str(clone))
    for command in ("switch --quiet feature", "merge --quiet origin/trunk"):
        repository.git("-C", str(clone), *command.split(), check=False)
    repository.git("-C", str(clone), "checkout", "--theirs", "migrations/versions/HEAD")
    repository.git("-C", str(clone), "add", "--all")
    repository.git("-C", str(clone), "commit", "--quiet", "--message", "merged")
    done = limbeck.alembic(clone, "rebase")
    assert done.returncode == 0, done.stderr
    assert "migrations/versions/b1_make.py: a1 -> c1" in done.stdout


def _crlf(made: Repository) -> None:
    made.add("b1", "a1", head="b1", newline="\r\n")


def _latin(made: Repository) -> None:
    text = "# coding: latin-1\n" + made_text("é ü")
    made.add("b1", "a1", head="b1", text=text, encoding="latin-1")


def _mark(made: Repository) -> None:
    made.add("b1", "a1", head="b1", encoding="utf-8-sig", text=made_text("日本"))


def _tuple(made: Repository) -> None:
    made.add("b1", ("a1",), head="b1")


def made_text(word: str) -> str:
    from support.repositories import ANNOTATED

    return ANNOTATED.replace("# revision identifiers", f"# {word}: revision identifiers")


@pytest.mark.parametrize("write", [_crlf, _latin, _mark, _tuple], ids=lambda f: f.__name__[1:])
def test_two_lines_change_in_each_form(
    tmp_path: Path, limbeck: Program, reference: Program, write: Callable[[Repository], None]
) -> None:
    made = Repository(tmp_path / "project", limbeck)
    made.add("a1", None, head="a1")
    made.switch("feature", new=True)
    write(made)
    made.switch("main")
    made.add("c1", "a1", head="c1")
    applied = upgraded(made, "main", tmp_path / "main.db")
    made.switch("feature")
    merge_with_conflict(made)
    name = "migrations/versions/b1_make.py"
    before = made.files()[name]
    made.run("rebase")
    after = made.files()[name]
    assert len(changed_lines(before, after)) == 2
    assert before.replace(b"a1", b"c1") == after
    check_one_head(made, reference, "b1")
    check_upgrades(made, reference, applied)


def test_dependencies_and_labels_stay(tmp_path: Path, limbeck: Program, reference: Program) -> None:
    """Two labelled branches in two locations: each new revision moves onto the head of its own branch."""
    made = Repository(
        tmp_path / "project",
        limbeck,
        more="version_locations = %(here)s/migrations/versions:%(here)s/migrations/mail\n",
    )
    mail = made.folder / "migrations" / "mail"
    mail.mkdir()
    made.add("a1", None, labels=("shop",), commit=False)
    made.add("m1", None, labels=("mail",), folder=mail, commit=False)
    made.run("rebase", "--git-base", "HEAD", status=255)  # no commit yet
    (made.versions / "HEAD").write_text("m1 (mail)\na1 (shop)\n")
    made.commit()
    made.switch("feature", new=True)
    made.add("b1", "a1", commit=False)
    made.add("n1", "m1", needs="b1", folder=mail, commit=False)
    (made.versions / "HEAD").write_text("n1 (mail)\nb1 (shop)\n")
    made.commit()
    made.switch("main")
    made.add("c1", "a1", commit=False)
    made.add("o1", "m1", needs=("c1",), folder=mail, commit=False)
    (made.versions / "HEAD").write_text("o1 (mail)\nc1 (shop)\n")
    made.commit()
    made.switch("feature")
    merge_with_conflict(made)
    before = made.files()
    made.run("heads", "--check", status=1)
    made.run("rebase")
    after = made.files()
    different = sorted(name for name in after if after[name] != before[name])
    assert [name.rpartition("/")[2] for name in different] == ["n1_make.py", "HEAD", "b1_make.py"]
    for name in ("migrations/mail/n1_make.py", "migrations/versions/b1_make.py"):
        assert len(changed_lines(before[name], after[name])) == 2
    assert (made.versions / "HEAD").read_text() == "n1 (mail)\nb1 (shop)\n"
    made.run("heads", "--check")
    assert (
        b"depends_on: Union[str, Sequence[str], None] = 'b1'" in after["migrations/mail/n1_make.py"]
    )
    for program in (limbeck, reference):
        (made.folder / "app.db").unlink(missing_ok=True)
        done = program.alembic(made.folder, "upgrade", "heads")
        assert done.returncode == 0, done.stderr
        with sa.create_engine(f"sqlite:///{made.folder / 'app.db'}").connect() as connection:
            rows = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars()
            assert sorted(rows) == ["n1"]  # which needs b1


@pytest.fixture
def merged(repository: Repository) -> Repository:
    """The branch has merged the heads itself with m1, goes on with b3, and main with c2; a conflict in HEAD."""
    merge_with_conflict(repository)
    repository.add("m1", ("b2", "c1"), "pass", head="m1")
    repository.add("b3", "m1", head="b3")
    repository.switch("main")
    repository.add("c2", "c1", head="c2")
    repository.switch("feature")
    merge_with_conflict(repository)
    return repository


def test_merge_revision_that_became_superfluous(
    merged: Repository, reference: Program, tmp_path: Path
) -> None:
    assert "--drop-merges removes" in merged.run("rebase", "--dry-run").stderr
    done = merged.run("rebase", "--drop-merges")
    assert done.stdout == (
        "migrations/versions/b1_make.py: a1 -> c2\n"
        "migrations/versions/b3_make.py: m1 -> b2\n"
        "migrations/versions/m1_make.py: removed\n"
        "migrations/versions/HEAD: b3, its conflict is resolved\n"
        "Moved 3 revisions; head: b3\n"
    )
    check_one_head(merged, reference, "b3")
    check_upgrades(merged, reference, None)


@pytest.mark.parametrize(("answer", "is_removed"), [("y", True), ("", False)])
def test_terminal_is_asked_about_a_merge_revision(
    merged: Repository, limbeck: Program, reference: Program, answer: str, is_removed: bool
) -> None:
    from support.terminals import run_on_terminal  # skips where there are no terminals

    shown, _, status = run_on_terminal(limbeck, merged.folder, "rebase", answer=answer)
    assert status == 0
    assert "m1: nothing is left to merge" in shown
    assert (merged.versions / "m1_make.py").exists() != is_removed
    assert ("--drop-merges" in shown) != is_removed
    check_one_head(merged, reference, "b3")


def test_merge_revision_with_a_body_stays(repository: Repository, reference: Program) -> None:
    merge_with_conflict(repository)
    repository.add("m1", ("b2", "c1"), head="m1")
    repository.switch("main")
    repository.add("c2", "c1", head="c2")
    repository.switch("feature")
    merge_with_conflict(repository)
    done = repository.run("rebase", "--drop-merges")
    assert "migrations/versions/m1_make.py: b2, c1 -> b2\n" in done.stdout
    assert (repository.versions / "m1_make.py").exists()
    check_one_head(repository, reference, "m1")
    check_upgrades(repository, reference, None)


def test_several_new_lines_become_one(repository: Repository, reference: Program) -> None:
    """Another branch was merged into this one: its revision has the same parent as the own ones."""
    repository.add("d1", "a1", head="b2")
    repository.git("merge", "--quiet", "main", check=False)
    done = repository.run("rebase")
    assert "Moved 3 revisions; head: " in done.stdout
    head = done.stdout.rpartition(" ")[2].strip()
    check_one_head(repository, reference, head)
    check_upgrades(repository, reference, None)


def test_first_revisions_of_two_branches(
    tmp_path: Path, limbeck: Program, reference: Program
) -> None:
    made = Repository(tmp_path / "project", limbeck)
    made.commit()
    made.switch("feature", new=True)
    made.add("b1", None, head="b1")
    made.switch("main")
    made.add("c1", None, head="c1")
    made.switch("feature")
    merge_with_conflict(made)
    made.run("rebase")
    check_one_head(made, reference, "b1")
    assert "Revises: c1\n" in (made.versions / "b1_make.py").read_text()
    check_upgrades(made, reference, None)


def test_warning_of_what_both_sides_change(repository: Repository) -> None:
    repository.add("b3", "b2", 'op.add_column("t_a1", sa.Column("name", sa.Text))', head="b3")
    repository.add("b4", "b3", 'op.drop_column("t_a1", "x")', head="b4")
    repository.switch("main")
    repository.add("c2", "c1", 'op.alter_column("t_a1", "name", nullable=False)', head="c2")
    repository.switch("feature")
    merge_with_conflict(repository)
    done = repository.run("rebase")
    assert done.stderr == (
        "warning: both sides change t_a1.name: b3 (migrations/versions/b3_make.py:22), now after c2 "
        "(migrations/versions/c2_make.py:22)\n"
    )
