"""`alembic lint` as a program: its arguments, its exit status and what it prints."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from support.pages import ROOT
from support.programs import Program

from .linting import URLS, add_revision, write

_TABLE = (
    'op.create_table("account", sa.Column("id", sa.Integer), sa.Column("email", sa.String(50)))'
)
_INDEX = 'op.create_index("ix_email", "account", ["email"])'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with a clean revision and one that has a finding, at line 10."""
    write(tmp_path / "p", URLS["postgresql"], _TABLE, _INDEX)
    return tmp_path / "p"


def run(
    program: Program, folder: Path, *arguments: str, **environ: str
) -> subprocess.CompletedProcess[str]:
    return program.alembic(folder, "lint", *arguments, env=environ or None)


def test_clean_run_says_what_was_seen(limbeck: Program, folder: Path) -> None:
    done = run(limbeck, folder, "r0001")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "no findings in 1 revision with 1 statement; 0 steps partly known\n"


def test_finding_is_exit_status_1(limbeck: Program, folder: Path) -> None:
    done = run(limbeck, folder, "head")
    assert done.returncode == 1
    assert done.stdout.startswith("migrations/versions/r0002.py:10: error pg-index-without-")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--all", "--pending"], "only one of RANGE, --pending, --all and --since"),
        (["head", "--all"], "only one of RANGE, --pending, --all and --since"),
        (["--select", "pg-set-not-nul"], "did you mean 'pg-set-not-null'?"),
        (["--explain", "drop-tabel"], "did you mean 'drop-table'?"),
        (["--format", "xml"], "invalid choice: 'xml'"),
    ],
)
def test_wrong_usage_is_exit_status_2(
    limbeck: Program, folder: Path, arguments: list[str], message: str
) -> None:
    done = run(limbeck, folder, *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense"], "Can't locate revision"),
        (["--all", "--dialect", "nonsense"], "there is no dialect 'nonsense'"),
        (["--all", "--server-version", "new"], "does not begin with a number"),
    ],
)
def test_failure_is_exit_status_255(
    limbeck: Program, folder: Path, arguments: list[str], message: str
) -> None:
    done = run(limbeck, folder, *arguments)
    assert done.returncode == 255
    assert message in done.stdout + done.stderr


def test_header_that_needs_a_failing_import_is_exit_status_255(
    limbeck: Program, folder: Path
) -> None:
    path = folder / "migrations" / "versions" / "r0002.py"
    path.write_text(f"import nonsense\n{path.read_text()}".replace("'r0002'", "str('r0002')"))
    done = run(limbeck, folder, "--all")
    assert done.returncode == 255
    assert f"{path}, line 1: ModuleNotFoundError" in done.stdout + done.stderr


def test_environment_without_sqlalchemy_is_exit_status_255(
    limbeck: Program, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "sqlalchemy.py").write_text("raise ImportError('no SQLAlchemy')")
    path = os.pathsep.join((str(tmp_path / "broken"), limbeck.environ.get("PYTHONPATH", "")))
    done = run(limbeck, folder, "--all", PYTHONPATH=path)
    assert (done.returncode, done.stdout) == (255, "")
    assert "no SQLAlchemy" in done.stderr


def test_exit_of_a_body_is_a_finding(limbeck: Program, tmp_path: Path) -> None:
    """`sys.exit()` would end lint with the status of a clean run."""
    write(tmp_path / "p", URLS["postgresql"], _TABLE, "import sys\nsys.exit(0)")
    done = run(limbeck, tmp_path / "p", "--all")
    assert done.returncode == 1
    assert "r0002.py:11: error cannot-render: upgrade() raises SystemExit: 0" in done.stdout
    path = tmp_path / "p" / "migrations" / "versions" / "r0002.py"
    path.write_text(f"import sys\nsys.exit(0)\n{path.read_text()}".replace("'r0002'", "str('r')"))
    done = run(limbeck, tmp_path / "p", "--all")
    assert done.returncode == 255
    assert f"{path}, line 2: SystemExit" in done.stdout + done.stderr


def test_file_that_cannot_be_imported_is_a_finding(limbeck: Program, folder: Path) -> None:
    path = folder / "migrations" / "versions" / "r0002.py"
    path.write_text(path.read_text().replace("def upgrade", "import nonsense\ndef upgrade"))
    done = run(limbeck, folder, "--all")
    assert done.returncode == 1
    assert "r0002.py:9: error cannot-import" in done.stdout


def test_env_py_that_needs_a_database_is_not_needed_with_a_dialect(
    limbeck: Program, folder: Path
) -> None:
    env = folder / "migrations" / "env.py"
    env.write_text("raise RuntimeError('no settings')")
    done = run(limbeck, folder, "head")
    assert done.returncode == 255
    assert "RuntimeError: no settings" in done.stdout + done.stderr
    assert "--dialect" in done.stdout + done.stderr
    done = run(limbeck, folder, "head", "--dialect", "postgresql")
    assert done.returncode == 1
    assert done.stderr == "note: env.py was not used: RuntimeError: no settings\n"


def test_fail_on_error_ignores_warnings(limbeck: Program, tmp_path: Path) -> None:
    write(tmp_path / "p", URLS["postgresql"], _TABLE, 'op.drop_column("account", "email")')
    assert run(limbeck, tmp_path / "p", "head").returncode == 1
    done = run(limbeck, tmp_path / "p", "head", "--fail-on", "error")
    assert done.returncode == 0
    assert "0 errors, 1 warning" in done.stdout


def test_explanation_needs_no_project(limbeck: Program, tmp_path: Path) -> None:
    done = run(limbeck, tmp_path, "--explain", "pg-set-not-null")
    assert done.returncode == 0
    assert done.stdout.startswith("pg-set-not-null\n\n`SET NOT NULL` reads every row")


def test_step_that_asks_the_database_is_partly_known(limbeck: Program, tmp_path: Path) -> None:
    body = "op.get_bind().scalar(sa.text('SELECT 1'))\nop.drop_table('account')"
    write(tmp_path / "p", URLS["postgresql"], _TABLE, body)
    done = run(limbeck, tmp_path / "p", "head")
    assert done.returncode == 0
    assert done.stdout == (
        "migrations/versions/r0002.py:10: partly known: the body reads the result of a statement; what follows "
        "was not checked: drop_table (line 11)\n"
        "no findings in 1 revision with 1 statement; 1 step partly known\n"
    )


class TestFormats:
    def test_json(self, limbeck: Program, folder: Path) -> None:
        done = run(limbeck, folder, "head", "--format", "json")
        report = json.loads(done.stdout)
        assert (report["version"], report["revisions"], report["statements"]) == (1, 1, 1)
        (finding,) = report["findings"]
        assert (finding["path"], finding["line"]) == ("migrations/versions/r0002.py", 10)
        assert finding["effect"]["lock"] == "SHARE"

    def test_github(self, limbeck: Program, folder: Path) -> None:
        """The path is that of the repository, which may be above the project."""
        done = run(
            limbeck, folder, "head", "--format", "github", GITHUB_WORKSPACE=str(folder.parent)
        )
        first, last = done.stdout.splitlines()
        place, _, message = first.removeprefix("::error ").partition("::")
        assert place == (
            "file=p/migrations/versions/r0002.py,line=10,title=pg-index-without-concurrently"
        )
        assert message.startswith("builds ix_email on account while writes wait%0ASHARE lock; ")
        assert last.startswith("::notice title=alembic lint::1 error")

    def test_gitlab(self, limbeck: Program, folder: Path) -> None:
        (issue,) = json.loads(run(limbeck, folder, "head", "--format", "gitlab").stdout)
        assert issue["location"] == {"path": "migrations/versions/r0002.py", "lines": {"begin": 10}}
        assert (issue["severity"], issue["check_name"]) == (
            "major",
            "pg-index-without-concurrently",
        )
        path = folder / "migrations" / "versions" / "r0002.py"
        path.write_text(f"# a line more\n{path.read_text()}")
        (moved,) = json.loads(run(limbeck, folder, "head", "--format", "gitlab").stdout)
        assert moved["location"]["lines"] == {"begin": 11}
        assert moved["fingerprint"] == issue["fingerprint"]

    def test_sarif(self, limbeck: Program, tmp_path: Path) -> None:
        jsonschema = pytest.importorskip("jsonschema", reason="pip install jsonschema")
        question = "op.get_bind().scalar(sa.text('SELECT 1'))"
        write(tmp_path / "a b", URLS["postgresql"], _TABLE, f"{_INDEX}\n{question}")
        done = run(
            limbeck, tmp_path / "a b", "--all", "--format", "sarif", GITHUB_WORKSPACE=str(tmp_path)
        )
        log = json.loads(done.stdout)
        schema = json.loads(Path(__file__).with_name("sarif-2.1.0.json").read_text())
        jsonschema.Draft7Validator(schema).validate(log)
        (only,) = log["runs"]
        (result,) = only["results"]
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "a%20b/migrations/versions/r0002.py"
        assert place["region"] == {"startLine": 10}
        assert only["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        (note,) = only["invocations"][0]["toolExecutionNotifications"]
        assert "partly known" in note["message"]["text"]


class TestRanges:
    @pytest.mark.parametrize(
        ("arguments", "count"),
        [
            (["--all"], 3),
            (["r0002"], 1),
            (["r0001:"], 2),
            (["r0001:r0002"], 1),
            ([":r0002"], 2),
            (["heads"], 1),
            (["r0001:head"], 2),
        ],
    )
    def test_range(self, limbeck: Program, folder: Path, arguments: list[str], count: int) -> None:
        add_revision(folder, "r0003", "r0002", "op.execute('SELECT 1')")
        done = run(limbeck, folder, *arguments)
        assert f" in {count} revision" in done.stdout

    def test_pending_asks_the_database(self, limbeck: Program, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path / 'shop.db'}"
        write(tmp_path / "p", url, _TABLE, 'op.drop_table("account")')
        assert limbeck.alembic(tmp_path / "p", "upgrade", "r0001").returncode == 0
        done = run(limbeck, tmp_path / "p", "--pending")
        assert "warning drop-table" in done.stdout
        assert "in 1 revision with" in done.stdout


class TestGit:
    @pytest.fixture
    def checkout(self, folder: Path) -> Path:
        self.git(folder, "init", "--quiet", "--initial-branch=main")
        self.commit(folder)
        return folder

    @staticmethod
    def git(folder: Path, *arguments: str) -> None:
        identity = ("-c", "user.name=a", "-c", "user.email=a@localhost")
        subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)

    def commit(self, folder: Path) -> None:
        self.git(folder, "add", ".")
        self.git(folder, "commit", "--quiet", "--message", "change")

    def test_new_revision_of_a_branch_is_checked(self, limbeck: Program, checkout: Path) -> None:
        done = run(limbeck, checkout)
        assert done.returncode == 0
        assert "in 0 revisions" in done.stdout
        assert done.stderr == "note: revisions since the merge base with main\n"
        self.git(checkout, "switch", "--quiet", "--create", "change")
        add_revision(checkout, "r0003", "r0002", 'op.drop_table("account")')
        for _ in ("untracked", "committed"):
            done = run(limbeck, checkout)
            assert done.stdout.startswith("migrations/versions/r0003.py:10: warning drop-table")
            assert "in 1 revision with" in done.stdout
            self.commit(checkout) if _ == "untracked" else None
        assert "in 0 revisions" in run(limbeck, checkout, "--since", "HEAD").stdout

    def test_missing_ref_names_the_depth(self, limbeck: Program, checkout: Path) -> None:
        done = run(limbeck, checkout, "--since", "origin/main")
        assert done.returncode == 255
        assert "fetch-depth: 0" in done.stdout + done.stderr

    def test_shallow_checkout_names_the_depth(
        self, limbeck: Program, checkout: Path, tmp_path: Path
    ) -> None:
        """As actions/checkout makes it: one commit of a branch, and no default branch."""
        self.git(checkout, "switch", "--quiet", "--create", "change")
        add_revision(checkout, "r0003", "r0002", 'op.drop_table("account")')
        self.commit(checkout)
        shallow = tmp_path / "shallow"
        url = f"file://{checkout}"
        self.git(tmp_path, "clone", "--quiet", "--depth=1", "--branch=change", url, str(shallow))
        self.git(shallow, "remote", "set-head", "origin", "--delete")
        done = run(limbeck, shallow)
        assert done.returncode == 255
        assert "fetch-depth: 0" in done.stdout + done.stderr


def test_environment_of_git_is_not_needed(limbeck: Program, folder: Path) -> None:
    """Without Git, all revisions are checked."""
    empty = folder / "empty"
    empty.mkdir()
    done = run(limbeck, folder, PATH=str(empty))
    assert "note: all revisions, because this is not a Git checkout" in done.stderr
    assert "in 2 revisions" in done.stdout
    assert os.environ["PATH"] != str(empty)


def test_hook_of_pre_commit_is_this_command(limbeck: Program, folder: Path) -> None:
    text = (ROOT / ".pre-commit-hooks.yaml").read_text()
    (own,) = [part for part in text.split("- id: ") if part.startswith("alembic-lint\n")]
    hook = dict(re.findall(r"^\W*(\w+): (.*)$", own, re.MULTILINE))
    program, *arguments = hook["entry"].split()
    assert program == "alembic"
    assert limbeck.alembic(folder, *arguments).returncode == 1
    assert re.search(hook["files"], "p/migrations/versions/r0002.py")
    assert not re.search(hook["files"], "p/migrations/env.py")
