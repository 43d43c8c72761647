"""What to do next, below the message of a failure."""

import json
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from support.programs import Completed, Program

NO_SCRIPT_LOCATION = "FAILED: No 'script_location' key found in configuration.\n"


class Project:
    """A project with the revisions aa1 and aa2, of which none is applied."""

    def __init__(self, folder: Path, limbeck: Program) -> None:
        self.folder = folder
        self.limbeck = limbeck
        self.run("init", "m")
        self.set_url("sqlite:///app.db")
        for revision in ("aa1", "aa2"):
            self.run("revision", "-m", f"make {revision}", "--rev-id", revision)

    def run(self, *arguments: str) -> Completed:
        return self.limbeck.alembic(self.folder, *arguments)

    def set_url(self, url: str) -> None:
        ini = self.folder / "alembic.ini"
        lines = ini.read_text().splitlines()
        line = next(n for n, text in enumerate(lines) if text.startswith("sqlalchemy.url"))
        lines[line] = f"sqlalchemy.url = {url.replace('%', '%%')}"
        ini.write_text("\n".join(lines))

    def record(self, revision: str) -> None:
        self.run("upgrade", "head")
        with sqlite3.connect(self.folder / "app.db") as connection:
            connection.execute("UPDATE alembic_version SET version_num = ?", [revision])
        connection.close()

    def git(self, *arguments: str) -> None:
        who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *who, *arguments], cwd=self.folder, check=True, capture_output=True)


@pytest.fixture
def project(tmp_path: Path, limbeck: Program) -> Project:
    folder = tmp_path / "project"
    folder.mkdir()
    return Project(folder, limbeck)


def hint(done: Completed, returncode: int = 255) -> str:
    """Return the hint of a failure."""
    assert done.returncode == returncode, done.stderr
    before, _, found = done.stderr.partition("\n\nhint: ")
    if returncode == 255:
        assert "Traceback" not in before
        assert done.stdout.startswith("FAILED: ")
    return found.rstrip("\n") if found else done.stderr.removeprefix("\nhint: ").rstrip("\n")


def test_no_configuration(tmp_path: Path, project: Project, limbeck: Program) -> None:
    done = limbeck.alembic(tmp_path, "heads")
    assert done.stdout == NO_SCRIPT_LOCATION
    assert hint(done) == "there is no alembic.ini here; `alembic init migrations` starts a project"
    below = project.folder / "src" / "shop"
    below.mkdir(parents=True)
    assert "alembic.ini is in ../..: run the command there" in hint(limbeck.alembic(below, "heads"))
    assert hint(project.run("-c", "nope.ini", "heads")) == "there is no file nope.ini"
    assert hint(project.run("-n", "other", "heads")) == "alembic.ini has no section [other]"
    (tmp_path / "alembic.ini").write_text("[alembic]\n")
    assert hint(limbeck.alembic(tmp_path, "heads")) == (
        "set `script_location` under [alembic] in alembic.ini"
    )


def test_script_location_that_is_relative_to_another_folder(
    project: Project, limbeck: Program
) -> None:
    ini = project.folder / "alembic.ini"
    ini.write_text(ini.read_text().replace("%(here)s/m", "m"))
    below = project.folder / "src"
    below.mkdir()
    done = limbeck.alembic(below, "-c", "../alembic.ini", "heads")
    assert "Path doesn't exist: m" in done.stdout
    assert hint(done).startswith(
        "`script_location` is relative to the current folder; write `%(here)s/m`"
    )


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("heda", "did you mean `head`?"),
        ("haed", "did you mean `head`?"),
        ("headss", "did you mean `heads`?"),
        ("bsae", "did you mean `base`?"),
        ("aa3", "did you mean `aa1`?"),
        ("zzzz", "`alembic history` lists the revisions"),
    ],
)
def test_mistyped_revision(project: Project, typed: str, expected: str) -> None:
    for command in ("upgrade", "downgrade", "stamp", "show"):
        assert hint(project.run(command, typed)).endswith(expected)


@pytest.mark.parametrize(
    "arguments",
    [["upgrade", "head"], ["current"], ["stamp", "head"], ["downgrade", "-1"], ["check"]],
)
def test_revision_that_only_the_database_has(project: Project, arguments: list[str]) -> None:
    project.record("aa9")
    assert hint(project.run(*arguments)).startswith(
        "the database has revision aa9, and no revision file has it: deploy the build that has it"
    )


def test_commit_that_has_the_revision_of_the_database(project: Project) -> None:
    project.git("init", "-q", "-b", "main")
    project.git("add", "-A")
    project.git("commit", "-qm", "start")
    project.git("checkout", "-qb", "feature")
    project.run("revision", "-m", "nine", "--rev-id", "aa9")
    project.git("add", "-A")
    project.git("commit", "-qm", "Add nine")
    project.git("checkout", "-q", "main")
    project.record("aa9")
    found = hint(project.run("upgrade", "head"))
    assert "(Add nine) on branch feature has it" in found


def test_several_heads(project: Project) -> None:
    project.run("revision", "-m", "beside", "--rev-id", "bb2", "--head", "aa1", "--splice")
    for arguments in (["upgrade", "head"], ["revision", "-m", "x"], ["stamp", "head"]):
        lines = hint(project.run(*arguments)).splitlines()
        assert lines[:3] == ["the heads are", "  aa2 make aa2", "  bb2 beside"]
        assert "`alembic merge" in lines[3] and "`alembic rebase`" in lines[3]
    assert "hint: `alembic upgrade heads` for an empty" in project.run("status").stdout


@pytest.mark.parametrize(
    ("url", "expected", "status"),
    [
        ("driver://user:pass@localhost/dbname", "correct the URL", 8),
        ("postgresql+asyncpg://a:secret@127.0.0.1:1/x", "`alembic init --template async`", 8),
        ("nonsense", "write the URL as `dialect+driver://", 8),
        ("oracle://host/x", "`pip install oracledb`", 8),
        ("postgresql+psycopg://a:secret@127.0.0.1:1/x", "check the host and the port", 7),
        ("mysql+pymysql://a:secret@127.0.0.1:1/x", "check the host and the port", 7),
        ("sqlite:////nope/x.db", "create the folder of the file", 7),
    ],
)
def test_database_that_cannot_be_opened(
    project: Project, url: str, expected: str, status: int
) -> None:
    project.set_url(url)
    for command in ("current", "check"):
        done = project.run(command)
        assert done.returncode == 1
        assert expected in done.stderr.partition("\n\nhint: ")[2]
    done = project.run("status")
    assert done.returncode == status
    assert expected in done.stderr.partition("\nhint: ")[2]
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stderr


def test_server_that_refuses(postgresql_url: str, mariadb_url: str, project: Project) -> None:
    for given in (postgresql_url, mariadb_url):
        url = sa.make_url(given)
        project.set_url(url.set(password="wrong").render_as_string(hide_password=False))
        done = project.run("current")
        assert done.stderr.endswith("\n\nhint: check user and password\n")
        # Waiting does not help.
        done = project.run("wait", "--timeout", "100")
        assert done.returncode == 7
        assert done.stderr.endswith("\nhint: check user and password\n")
        project.set_url(url.set(database="absent").render_as_string(hide_password=False))
        done = project.run("current")
        assert done.stderr.endswith("\n\nhint: create the database first\n")


@pytest.mark.parametrize(
    ("arguments", "message", "expected"),
    [
        ([], "too few arguments", "`alembic --help` lists the commands"),
        (["xyzzy"], "there is no command 'xyzzy'", "`alembic --help` lists the commands"),
        (["upgrade", "head", "--sqll"], "unrecognized arguments: --sqll", "did you mean `--sql`?"),
        (
            ["upgrade", "head", "-c", "x"],
            "unrecognized arguments: -c x",
            "`-c` goes before the command: `alembic -c ... upgrade`",
        ),
        (
            ["heads", "--xyzzy"],
            "unrecognized arguments: --xyzzy",
            "`alembic heads --help` lists the options",
        ),
    ],
)
def test_wrong_arguments(
    tmp_path: Path, limbeck: Program, arguments: list[str], message: str, expected: str
) -> None:
    done = limbeck.alembic(tmp_path, *arguments)
    assert done.returncode == 2
    assert done.stderr.endswith(f"alembic: error: {message}\n\nhint: {expected}\n")
    assert len(done.stderr.splitlines()) < 8


Change = Callable[[Project], object]


def _break_parent(project: Project) -> None:
    path = next((project.folder / "m" / "versions").glob("aa2*"))
    path.write_text(path.read_text().replace("'aa1'", "'absent'"))


def _make_circle(project: Project) -> None:
    path = next((project.folder / "m" / "versions").glob("aa1*"))
    path.write_text(path.read_text().replace("= None", "= 'aa2'", 1))


@pytest.mark.parametrize("change", [_break_parent, _make_circle])
@pytest.mark.parametrize("command", ["status", "wait"])
def test_status_without_a_graph(project: Project, change: Change, command: str) -> None:
    change(project)
    done = project.run(command, "--json")
    assert done.returncode == 8
    assert '"exit_status": 8' in done.stdout and '"state": "error"' in done.stdout
    assert done.stderr.count("FAILED: ") == 1
    assert "Traceback" not in done.stderr


def test_status_with_an_error_in_env_py(project: Project) -> None:
    (project.folder / "m" / "env.py").write_text("raise ValueError('no settings')\n")
    done = project.run("status", "--json")
    assert done.returncode == 8
    assert '"error": "ValueError: no settings"' in done.stdout
    assert "env.py" in done.stderr


def test_build_without_its_revisions(project: Project) -> None:
    for path in (project.folder / "m" / "versions").glob("*.py"):
        path.unlink()
    done = project.run("status")
    assert done.returncode == 9
    assert done.stdout.startswith("no revisions: there are no revision files\n")
    done = project.run("wait", "--timeout", "60")
    assert done.returncode == 8
    assert "there are no revision files" in done.stderr


def test_relative_step_with_a_choice(project: Project) -> None:
    project.run("revision", "-m", "beside", "--rev-id", "bb2", "--head", "aa1", "--splice")
    project.run("merge", "-m", "both", "--rev-id", "mm3", "heads")
    project.run("upgrade", "head")
    done = project.run("downgrade", "-1")
    assert done.stdout == "FAILED: Ambiguous walk\n"
    assert hint(done).endswith("the step can lead to aa2 or bb2: name the revision")
    assert hint(project.run("upgrade", "aa1+1")).endswith(
        "can lead to aa2 or bb2: name the revision"
    )


def test_percent_sign_in_the_ini(project: Project) -> None:
    ini = project.folder / "alembic.ini"
    ini.write_text(ini.read_text().replace("sqlite:///app.db", "postgresql://a:b%40c@host/x"))
    found = hint(project.run("current"))
    assert found.endswith("write `%` as `%%` in alembic.ini")


def test_graph_marks_only_what_is_certain(project: Project) -> None:
    project.record("aa9")
    done = project.run("graph", "--current", "--format", "json")
    assert "the database has aa9, which no revision file has" in done.stderr
    found = {one["revision"]: one["applied"] for one in json.loads(done.stdout)["revisions"]}
    assert found == {"aa1": None, "aa2": None}
    with sqlite3.connect(project.folder / "app.db") as connection:
        connection.execute("INSERT INTO alembic_version VALUES ('aa1')")
    connection.close()
    done = project.run("graph", "--current", "--format", "json")
    found = {one["revision"]: one["applied"] for one in json.loads(done.stdout)["revisions"]}
    assert found == {"aa1": True, "aa2": False}
