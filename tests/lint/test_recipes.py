"""The recipes of docs/lint.md for GitHub, GitLab and pre-commit: their commands are run in clones of a repository."""

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from support.environments import build_environment
from support.pages import ROOT
from support.programs import Program

from .linting import URLS, add_revision, write

_TABLE = (
    'op.create_table("account", sa.Column("id", sa.Integer), sa.Column("email", sa.String(50)))'
)
_INDEX = 'op.create_index("ix_email", "account", ["email"])'
_PAGE = (ROOT / "docs" / "lint.md").read_text(encoding="utf-8")
_FOUND = "migrations/versions/r0002.py:10: error pg-index-without-concurrently"


def block(title: str) -> str:
    """Return the YAML below a line `% shown: title`."""
    match = re.search(
        rf"^% shown: {re.escape(title)}\n```yaml\n(.*?)^```", _PAGE, re.MULTILINE | re.DOTALL
    )
    assert match is not None
    return match[1]


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@localhost")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


class Checkouts:
    """A repository with a project, and a branch `change` with a new revision.

    :ivar environ: environment variables with which `alembic` is limbeck's.
    """

    def __init__(self, folder: Path, program: Program) -> None:
        self.folder = folder
        self.origin = folder / "origin"
        bin_folder = folder / "bin"
        bin_folder.mkdir()
        (bin_folder / "alembic").write_text(f'#!/bin/sh\nexec {shlex.join(program.launch)} "$@"\n')
        (bin_folder / "alembic").chmod(0o755)
        environ = program.environment()
        self.environ = {**environ, "PATH": f"{bin_folder}{os.pathsep}{environ['PATH']}"}
        write(self.origin, URLS["postgresql"], _TABLE)
        (self.origin / ".gitignore").write_text("__pycache__/\n")
        git(self.origin, "init", "--quiet", "--initial-branch=main")
        git(self.origin, "add", ".")
        git(self.origin, "commit", "--quiet", "--message", "first")
        git(self.origin, "switch", "--quiet", "--create", "change")
        add_revision(self.origin, "r0002", "r0001", _INDEX)
        git(self.origin, "add", ".")
        git(self.origin, "commit", "--quiet", "--message", "second")
        git(self.origin, "switch", "--quiet", "main")

    def clone(self, *arguments: str) -> Path:
        """Clone the branch."""
        target = self.folder / f"clone{len(arguments)}"
        url = f"file://{self.origin}"
        git(self.folder, "clone", "--quiet", "--branch=change", *arguments, url, str(target))
        return target

    def shell(self, cwd: Path, command: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run a command as the services do."""
        return subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", command],
            cwd=cwd,
            env={**self.environ, **environ},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )


@pytest.fixture
def checkouts(limbeck: Program, tmp_path: Path) -> Checkouts:
    return Checkouts(tmp_path, limbeck)


def test_github(checkouts: Checkouts) -> None:
    (command,) = re.findall(r"- run: (alembic .*)", block("a workflow of GitHub Actions"))
    clone = checkouts.clone()
    done = checkouts.shell(clone, command, GITHUB_BASE_REF="main", GITHUB_WORKSPACE=str(clone))
    assert done.returncode == 1
    place = (
        "::error file=migrations/versions/r0002.py,line=10,title=pg-index-without-concurrently::"
    )
    assert done.stdout.startswith(place)
    line = (clone / "migrations" / "versions" / "r0002.py").read_text().splitlines()[9]
    assert line.strip() == _INDEX


def test_github_without_the_history(checkouts: Checkouts) -> None:
    """The workflow asks for it with `fetch-depth: 0`."""
    text = block("a workflow of GitHub Actions")
    assert "fetch-depth: 0" in text
    (command,) = re.findall(r"- run: (alembic .*)", text)
    done = checkouts.shell(checkouts.clone("--depth=1"), command, GITHUB_BASE_REF="main")
    assert done.returncode == 255
    assert "fetch-depth: 0" in done.stdout + done.stderr


def test_gitlab(checkouts: Checkouts) -> None:
    text = block("a job of GitLab CI")
    (command,) = re.findall(r"- (alembic .*)", text)
    (report,) = re.findall(r"codequality: (.*)", text)
    assert re.search(r"GIT_DEPTH: 0\b", text)
    clone = checkouts.clone()
    done = checkouts.shell(
        clone, command, CI_MERGE_REQUEST_TARGET_BRANCH_NAME="main", CI_PROJECT_DIR=str(clone)
    )
    assert (done.returncode, done.stdout) == (1, "")
    (issue,) = json.loads((clone / report).read_text())
    assert issue["location"] == {"path": "migrations/versions/r0002.py", "lines": {"begin": 10}}


class TestPreCommit:
    @pytest.fixture
    def environ(
        self, cache: Path, checkouts: Checkouts, monkeypatch: pytest.MonkeyPatch
    ) -> dict[str, str]:
        python = build_environment(cache, "pre-commit", ("pre-commit==4.7.0",))
        path = os.pathsep.join((checkouts.environ["PATH"], str(python.parent)))
        identity = {
            f"GIT_{who}_{what}": "a@localhost"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        }
        return {**identity, "PATH": path, "PRE_COMMIT_HOME": str(checkouts.folder / "pre-commit")}

    def test_hook_of_this_repository(self, checkouts: Checkouts, environ: dict[str, str]) -> None:
        hooks = checkouts.folder / "hooks"
        hooks.mkdir()
        shutil.copy(ROOT / ".pre-commit-hooks.yaml", hooks)
        git(hooks, "init", "--quiet")
        git(hooks, "add", ".")
        git(hooks, "commit", "--quiet", "--message", "hooks")
        clone = checkouts.clone()
        command = f"pre-commit try-repo {hooks} alembic-lint --from-ref origin/main --to-ref HEAD"
        done = checkouts.shell(clone, command, **environ)
        assert done.returncode == 1, done.stderr
        assert _FOUND in done.stdout
        assert "warning" not in done.stderr.lower()
        git(clone, "switch", "--quiet", "main")
        (clone / "README").write_text("no revision")
        git(clone, "add", ".")
        done = checkouts.shell(clone, f"pre-commit try-repo {hooks} alembic-lint", **environ)
        assert "(no files to check)Skipped" in done.stdout

    def test_local_hook(self, checkouts: Checkouts, environ: dict[str, str]) -> None:
        """A commit with a finding is refused, and one without is made."""
        clone = checkouts.clone()
        git(clone, "switch", "--quiet", "main")
        (clone / ".pre-commit-config.yaml").write_text(block("a part of .pre-commit-config.yaml"))
        git(clone, "add", ".")
        git(clone, "commit", "--quiet", "--message", "hook")
        assert checkouts.shell(clone, "pre-commit install", **environ).returncode == 0
        git(clone, "switch", "--quiet", "--create", "another")
        add_revision(clone, "r0002", "r0001", _INDEX)
        git(clone, "add", ".")
        done = checkouts.shell(clone, "git commit --message x", **environ)
        assert done.returncode == 1
        assert _FOUND in done.stdout + done.stderr
        add_revision(clone, "r0002", "r0001", 'op.execute("SELECT 1")')
        done = checkouts.shell(clone, "git add . && git commit --message x", **environ)
        assert done.returncode == 0, done.stdout + done.stderr
