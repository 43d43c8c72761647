"""Two limbecks to compare: the installed one and a wheel."""

from pathlib import Path

import pytest

from benches import against
from benches.against import UnknownRevision, commit_of, two_limbecks


def test_wheel_and_this_limbeck_run_from_their_own_folders(
    wheel: Path, cache: Path, tmp_path: Path
) -> None:
    programs = two_limbecks(str(wheel), cache, tmp_path)
    assert list(programs) == [f"limbeck {wheel.name}", "limbeck"]
    code = "import alembic.op, limbeck.op; print(limbeck.__path__[0], alembic.op is limbeck.op)"
    for program in programs.values():
        done = program.python(tmp_path, "-c", code)
        home = program.environ["PYTHONPATH"]
        assert (done.stdout, done.stderr) == (f"{home}/limbeck True\n", "")
        assert "limbeck" in program.alembic(tmp_path, "--version").stdout


def test_revision_is_a_commit() -> None:
    commit = commit_of("HEAD")
    assert len(commit) == 40
    assert commit_of(commit[:12]) == commit
    assert against.state_of_tree()[0] == commit[:10]


@pytest.mark.parametrize("name", ["no-such-branch", "HEAD:README.md", "--help"])
def test_other_name_is_an_error(name: str) -> None:
    with pytest.raises(UnknownRevision, match="neither a wheel nor a release nor a Git revision"):
        commit_of(name)


def test_build_of_a_commit_has_the_files_of_that_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed: list[tuple[str, ...]] = []

    def pip_install(interpreter: Path, *arguments: str, env: dict[str, str]) -> None:
        target = Path(arguments[arguments.index("--target") + 1])
        tree = Path(arguments[-1])
        assert (tree / "Cargo.toml").exists() and not (tree / ".git").exists()
        target.mkdir(parents=True)
        installed.append(arguments)

    monkeypatch.setattr(against, "pip_install", pip_install)
    for turn in ("first", "second"):
        scratch = tmp_path / turn
        scratch.mkdir()
        programs = two_limbecks("HEAD", tmp_path / "cache", scratch)
    assert len(installed) == 1, "built once"
    old, new = programs.values()
    assert old.environ != new.environ
    assert old.launch[0] == new.launch[0]
