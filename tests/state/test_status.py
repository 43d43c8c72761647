"""`alembic status` and `alembic wait`: states, exit statuses, routes, and messages for invalid input."""

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import limbeck
import pytest
import sqlalchemy as sa
from limbeck.config import Config
from sqlalchemy.engine import make_url
from support import projects
from support.programs import Program


def _set(url: str, *rows: str) -> None:
    """Replace the rows of the version table."""
    engine = sa.create_engine(url)
    table = sa.Table("alembic_version", sa.MetaData(), sa.Column("version_num", sa.String(32)))
    with engine.begin() as connection:
        table.drop(connection, checkfirst=True)
        table.create(connection)
        for row in rows:
            connection.execute(table.insert().values(version_num=row))
    engine.dispose()


def _json(limbeck: Program, folder: Path, *args: str, **env: str) -> dict[str, Any]:
    """Return what `status --json` prints."""
    done = limbeck.alembic(folder, "status", "--json", *args, env=env)
    found: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == found["exit_status"], done
    return found


def test_each_state_has_its_exit_status(
    limbeck: Program, tmp_path: Path, database_url: str
) -> None:
    folder = projects.make(
        tmp_path / "p", database_url, settings=projects.url_section(database_url)
    )
    projects.chain(folder, 4)
    route = "sqlite3" if database_url.startswith("sqlite") else "native"

    def state(*rows: str) -> tuple[str, int, list[str]]:
        _set(database_url, *rows)
        found = _json(limbeck, folder)
        assert (found["route"], found["note"]) == (route, None)
        return found["state"], found["exit_status"], found["pending"]

    absent = _json(limbeck, folder)
    assert (absent["state"], absent["exit_status"]) == ("unstamped", 6)
    assert state("r0004") == ("at-head", 0, [])
    assert state("r0002") == ("behind", 3, ["r0003", "r0004"])
    assert state("zzzz") == ("ahead", 4, [])
    assert state("r0002", "zzzz")[:2] == ("diverged", 5)
    assert state("r0004", "r0001")[:2] == ("diverged", 5)
    assert state()[:2] == ("unstamped", 6)


def test_text_output(limbeck: Program, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    folder = projects.make(tmp_path / "p", url, settings=projects.url_section(url))
    projects.chain(folder, 9)
    _set(url, "r0002")
    done = limbeck.alembic(folder, "status")
    assert done.stdout.splitlines() == [
        "behind: 7 revisions pending",
        "  applied: r0002",
        "  heads:   r0009",
        "  pending: r0003, r0004, r0005, r0006, r0007 and 2 more",
    ]
    verbose = limbeck.alembic(folder, "status", "-v").stdout
    assert "    r0009 rev r0009" in verbose and "with Python's sqlite3" in verbose
    _set(url, "zzzz")
    done = limbeck.alembic(folder, "status")
    assert "deploy the build that has these revisions" in done.stdout and done.returncode == 4
    assert limbeck.alembic(folder, "-q", "status").stdout == ""


def test_sources_of_the_url(limbeck: Program, tmp_path: Path) -> None:
    urls = [f"sqlite:///{tmp_path / name}.db" for name in ("option", "variable", "settings", "ini")]
    settings = "[limbeck]\ndatabase_url = ${DIALECT}:///${WHERE}/settings.db\n"
    folder = projects.make(tmp_path / "p", urls[3], settings=settings)
    names = projects.chain(folder, 4)
    for url, name in zip(urls, names, strict=True):
        _set(url, name)
    variables = {"DIALECT": "sqlite", "WHERE": str(tmp_path)}
    assert _json(limbeck, folder, "--url", urls[0], **variables)["applied"] == ["r0001"]
    assert _json(limbeck, folder, LIMBECK_DATABASE_URL=urls[1])["applied"] == ["r0002"]
    assert _json(limbeck, folder, **variables)["applied"] == ["r0003"]
    failed = limbeck.alembic(folder, "status", env={"DIALECT": "sqlite"})
    assert failed.returncode == 8
    assert "variable WHERE, which is not set" in failed.stdout + failed.stderr
    (folder / "alembic.ini").write_text(projects.INI.format(url=urls[3], more=""))
    assert _json(limbeck, folder)["applied"] == ["r0004"]


def test_env_py_runs_without_a_limbeck_url(limbeck: Program, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'real.db'}"
    env = projects.GENERIC.replace(
        "\ndef run",
        "\nconfig.set_main_option('sqlalchemy.url', config.get_main_option('real'))\ndef run",
    ).replace("target_metadata=None", "version_table='v' + 'x'")
    folder = projects.make(tmp_path / "p", "sqlite:///other.db", env=env, more=f"real = {url}")
    projects.chain(folder, 2)
    assert limbeck.alembic(folder, "upgrade", "r0001").returncode == 0
    found = _json(limbeck, folder)
    assert (found["state"], found["applied"], found["route"]) == ("behind", ["r0001"], "env.py")
    done = limbeck.alembic(folder, "status", "-v")
    assert "read by running env.py" in done.stdout
    reason = "status: env.py runs, because `database_url` is not set under [limbeck]\n"
    assert done.stderr == reason
    assert limbeck.alembic(folder, "-q", "status").stderr == ""

    done = limbeck.alembic(folder, "status", "--url", url)
    assert done.returncode == 8
    assert "name the table as version_table under [limbeck]" in done.stdout + done.stderr
    ini = folder / "alembic.ini"
    ini.write_text(ini.read_text() + "[limbeck]\nversion_table = vx\n")
    found = _json(limbeck, folder, "--url", url)
    assert (found["state"], found["applied"], found["route"]) == ("behind", ["r0001"], "sqlite3")


def test_unsupported_url_options_use_sqlalchemy(
    limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    """With a URL option that the native reader does not support, SQLAlchemy reads the version rows, and the output says so."""
    folder = projects.make(tmp_path / "p", "sqlite://")
    projects.chain(folder, 1)
    _set(postgresql_url, "r0001")
    for extra in ("?sslmode=allow", "?krbsrvname=x"):
        found = _json(limbeck, folder, "--url", postgresql_url + extra)
        assert (found["state"], found["route"]) == ("at-head", "sqlalchemy")
        assert found["note"] and "driver" in found["note"]


def test_invalid_input_is_reported(
    limbeck: Program, tmp_path: Path, postgresql_url: str, mariadb_url: str
) -> None:
    folder = projects.make(tmp_path / "p", "sqlite://")
    projects.chain(folder, 1)
    for server in (postgresql_url, mariadb_url):
        valid_url = make_url(server)
        cases = {
            valid_url.set(password="s3cr3t"): (7, "refused"),
            valid_url.set(database="nowhere"): (7, "no-database"),
            valid_url.set(port=1): (7, "unreachable"),
            valid_url.set(host="no-such-host.invalid"): (7, "unreachable"),
        }
        for case, (exit_status, kind) in cases.items():
            text = case.render_as_string(hide_password=False)
            done = limbeck.alembic(folder, "status", "--json", "--url", text)
            assert done.returncode == exit_status, done
            assert json.loads(done.stdout)["state"] == kind
            assert done.stderr.startswith("FAILED: ") and done.stderr.count("FAILED") == 1
            assert "s3cr3t" not in done.stdout + done.stderr
            assert "tiger" not in done.stdout + done.stderr
        engine = sa.create_engine(server)
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32))")
            connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('a'), (NULL)")
        engine.dispose()
        done = limbeck.alembic(folder, "status", "--url", server)
        assert done.returncode == 8 and "NULL row" in done.stderr
    for url in ("nosuch://u:s3cr3t@h/d", "s3cr3t"):
        done = limbeck.alembic(folder, "status", "--url", url)
        assert done.returncode in (8, 255) and "s3cr3t" not in done.stdout + done.stderr
        assert "Traceback" not in done.stderr


def test_wait_ends_at_the_revision_or_timeout(
    limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    folder = projects.make(tmp_path / "p", postgresql_url)
    projects.chain(folder, 2)
    unreachable = make_url(postgresql_url).set(port=1).render_as_string(hide_password=False)
    done = limbeck.alembic(folder, "wait", "--timeout", "0.5", "--url", unreachable)
    assert done.returncode == 7
    assert "waiting for the server" in done.stderr and "Timed out after 0.5 s" in done.stderr
    _set(postgresql_url, "r0001")
    done = limbeck.alembic(folder, "wait", "--timeout", "0.5")
    assert done.returncode == 3 and "the server answers; waiting for the head" in done.stderr
    assert limbeck.alembic(folder, "wait", "--timeout", "5", "--for", "r0001").returncode == 0
    assert limbeck.alembic(folder, "wait", "--for", "nope").returncode == 8

    waiting = subprocess.Popen(
        [*limbeck.launch, "wait", "--timeout", "60"],
        cwd=folder,
        env=limbeck.environment(),
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert waiting.stderr is not None
    reason = "wait: env.py runs, because `database_url` is not set under [limbeck]\n"
    assert waiting.stderr.readline() == reason
    assert "waiting for the head revision" in waiting.stderr.readline()
    _set(postgresql_url, "r0002")
    assert waiting.wait(20) == 0
    assert waiting.stdout is not None and waiting.stdout.read() == "reached: r0002\n"


def test_functions_return_values(tmp_path: Path, sqlite_url: str) -> None:
    folder = projects.make(tmp_path / "p", sqlite_url)
    projects.chain(folder, 3, projects.logging_bodies(3))
    config = Config(str(folder / "alembic.ini"))
    assert limbeck.status(config).state == "unstamped"
    done = limbeck.upgrade(config, "r0002", lock=True)
    assert [(step.direction, step.revision, step.doc) for step in done.steps] == [
        ("upgrade", "r0001", "rev r0001"),
        ("upgrade", "r0002", "rev r0002"),
    ]
    assert done.heads == ("r0002",) and limbeck.current(config) == ("r0002",)
    assert not limbeck.upgrade(config, "r0002")
    assert limbeck.status(config).pending == ("r0003",)
    assert limbeck.stamp(config, "head").heads == ("r0003",)
    back = limbeck.downgrade(config, "-1")
    assert [(step.direction, step.revision) for step in back.steps] == [("downgrade", "r0003")]
    with pytest.raises(limbeck.WaitTimeout) as caught:
        limbeck.wait(config, timeout=0.2)
    assert caught.value.exit_status == 3


def test_library_calls_do_not_change_logging(
    limbeck: Program, tmp_path: Path, sqlite_url: str
) -> None:
    env = projects.GENERIC.replace("    fileConfig(config.config_file_name)", "    pass")
    folder = projects.make(tmp_path / "p", sqlite_url, env=env)
    projects.chain(folder, 1)
    (folder / "app.py").write_text(
        "import logging, asyncio\n"
        "mine = logging.getLogger('mine')\n"
        "before = (logging.root.level, list(logging.root.handlers))\n"
        "import limbeck, limbeck.aio\n"
        "from alembic.config import Config\n"
        "config = Config('alembic.ini')\n"
        "limbeck.upgrade(config, 'head', lock=True)\n"
        "asyncio.run(limbeck.aio.status(config))\n"
        "from alembic import command\n"
        "command.stamp(config, 'base')\n"
        "assert (logging.root.level, list(logging.root.handlers)) == before\n"
        "assert not mine.disabled\n"
    )
    done = limbeck.python(folder, "app.py")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_status_does_not_import_sqlalchemy(
    limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    settings = projects.url_section(postgresql_url)
    folder = projects.make(tmp_path / "p", postgresql_url, settings=settings)
    projects.chain(folder, 1)
    _set(postgresql_url, "r0001")
    done = limbeck.python(
        folder,
        "-c",
        "import sys\nfrom limbeck.config import main\nmain(['status'])\n"
        "print([m for m in ('sqlalchemy', 'asyncio', 'mako', 'importlib.metadata') if m in sys.modules])",
    )
    assert done.stdout.splitlines()[-1] == "[]", done


def test_status_agrees_with_current(
    limbeck: Program, reference: Program, tmp_path: Path, database_url: str
) -> None:
    folder = projects.make(tmp_path / "p", database_url)
    for name, down in [("a", None), ("b", "a"), ("c", "a"), ("m", ("b", "c")), ("x", None)]:
        projects.revision(folder, name, down)
    started = time.monotonic()
    for target in ("a", "b", "heads"):
        assert reference.alembic(folder, "upgrade", target).returncode == 0
        current = {
            line.split()[0] for line in reference.alembic(folder, "current").stdout.splitlines()
        }
        found = _json(limbeck, folder)
        assert set(found["applied"]) == current
        assert (found["state"] == "at-head") == (target == "heads")
    assert time.monotonic() - started < 120
