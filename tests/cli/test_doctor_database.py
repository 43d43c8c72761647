"""`limbeck doctor --database`: the database that env.py uses, and the settings that name it."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from limbeck.cli.doctor_database import Proposal, UsedDatabase, propose
from limbeck.config import Config
from limbeck.settings.limbeck_section import Settings, expand
from sqlalchemy.engine import make_url
from support import projects
from support.programs import Program

_TEXT = st.text(st.sampled_from("abcXYZ019-_.$"), min_size=1, max_size=8)
_NAMES = {
    "username": ["DB_USER", "PGUSER", "LOGNAME"],
    "password": ["DB_PASSWORD", "SHOP_SECRET"],
    "host": ["DB_HOST", "SERVER"],
    "port": ["DB_PORT"],
    "database": ["DB_NAME", "SHOP_DATABASE"],
}


@st.composite
def _cases(draw: st.DrawFn) -> tuple[sa.URL, dict[str, str]]:
    """A URL, and variables with some of its parts."""
    url = sa.URL.create(
        draw(st.sampled_from(["postgresql+psycopg", "postgresql+asyncpg", "mysql+pymysql"])),
        draw(_TEXT),
        draw(st.one_of(st.none(), _TEXT.map("pw{}".format))),
        draw(st.sampled_from(["db-1", "::1", "10.0.0.1"])),
        draw(st.one_of(st.none(), st.integers(1, 65535))),
        draw(_TEXT),
    )
    environ = {"HOME": "/root", "OTHER_URL": "postgresql://a:b@c/d", "BROKEN": "x://y:z"}
    for part, names in _NAMES.items():
        value = getattr(url, part)
        if value is not None and draw(st.booleans()):
            environ[draw(st.sampled_from(names))] = str(value)
    return url, environ


def _propose(url: sa.URL, environ: dict[str, str], here: str | None = None) -> Proposal:
    used = UsedDatabase(url, "public", "alembic_version", None, None)
    return propose(used, environ, here=here, names_table=False)


@given(_cases())
def test_parts_name_the_url(case: tuple[sa.URL, dict[str, str]]) -> None:
    url, environ = case
    proposal = _propose(url, environ)
    if "database_url" not in proposal.options:
        assert "percent-encoded" in proposal.notes[0]
        return
    text = proposal.options["database_url"]
    if url.password:
        assert url.password not in text + " ".join(proposal.notes)
        environ.setdefault("DATABASE_PASSWORD", url.password)
    assert make_url(expand(text, environ, "database_url")) == url


@given(_cases())
def test_a_variable_with_the_url_is_preferred(case: tuple[sa.URL, dict[str, str]]) -> None:
    url, environ = case
    whole = url.set(drivername=url.get_backend_name())
    environ["SHOP_DATABASE_URL"] = whole.render_as_string(hide_password=False)
    proposal = _propose(url, environ)
    assert proposal == ({"database_url": "${SHOP_DATABASE_URL}"}, [])


def test_secrets_are_not_written() -> None:
    url = make_url("postgresql://u:p%40ss@h/d")
    assert _propose(url, {}).options == {}
    url = make_url("postgresql://u@h/d?password=s3cr3t")
    proposal = _propose(url, {})
    assert proposal.options == {}
    assert "LIMBECK_DATABASE_URL" in proposal.notes[0]
    url = make_url("postgresql://u:s3cr3t@h/d")
    proposal = _propose(url, {"UNRELATED": "s3cr3t"})
    assert proposal.options == {"database_url": "postgresql://u:${DATABASE_PASSWORD}@h/d"}
    assert proposal.notes == ["no environment variable has the password: set DATABASE_PASSWORD"]


def test_sqlite_files(tmp_path: Path) -> None:
    inside = sa.URL.create("sqlite", database=str(tmp_path / "a$b" / "x.db"))
    options = _propose(inside, {}, str(tmp_path)).options
    assert options == {"database_url": "sqlite:///%(here)s/a$$b/x.db"}
    assert _propose(inside, {}).options == {
        "database_url": f"sqlite:///{tmp_path}/a$$b/x.db",
    }
    assert _propose(make_url("sqlite://"), {}).options == {}


def test_proposed_lines_fit(limbeck: Program, tmp_path: Path, database_url: str) -> None:
    """With the proposed lines, `status` and `--if-behind` read the database that env.py uses."""
    env = projects.GENERIC.replace(
        "\ndef run",
        "\nimport os\nconfig.set_main_option('sqlalchemy.url', os.environ['APP_URL'].replace('%', '%%'))\ndef run",
    ).replace("target_metadata=None", "version_table='v'")
    folder = projects.make(tmp_path / "p", "sqlite:///other.db", env=env)
    projects.chain(folder, 1)
    variables = {"APP_URL": database_url}
    assert limbeck.alembic(folder, "upgrade", "head", env=variables).returncode == 0
    done = limbeck.alembic(folder, "doctor", "--database", env=variables)
    assert done.returncode == 0, done.stderr
    assert "tiger" not in done.stdout + done.stderr
    lines = done.stdout.splitlines()
    section = lines[lines.index("[limbeck]") :]
    section = section[: section.index("")]
    assert section == ["[limbeck]", "database_url = ${APP_URL}", "version_table = v"]
    assert lines[-1] == "`status`, `wait` and `upgrade --if-behind` then do without env.py."
    ini = folder / "alembic.ini"
    ini.write_text("\n".join([ini.read_text(), *section, ""]))
    status = limbeck.alembic(folder, "status", "-v", env=variables)
    assert status.returncode == 0
    assert "env.py" not in status.stdout + status.stderr
    done = limbeck.alembic(folder, "upgrade", "head", "--if-behind", env=variables)
    assert (done.returncode, done.stderr) == (0, "")
    # A wrong setting is reported, not raised.
    ini.write_text(ini.read_text().replace("${APP_URL}", "sqlite:///wrong.db"))
    done = limbeck.alembic(folder, "doctor", "--database", env=variables)
    assert done.returncode == 0
    assert "  but env.py uses " in done.stdout
    assert "wrong.db`" in done.stdout
    settings = Settings.read(Config(str(ini)))
    assert settings.version_table == "v"


@pytest.mark.parametrize(
    ("env", "text"),
    [
        (
            projects.GENERIC.replace("\nrun()\n", "\nfor name in ('a', 'b'):\n    run()\n"),
            "runs migrations 2 times",
        ),
        ("from alembic import context\n", "ended without calling context.run_migrations()"),
    ],
)
def test_unusual_env_files(limbeck: Program, tmp_path: Path, env: str, text: str) -> None:
    folder = projects.make(tmp_path / "p", f"sqlite:///{tmp_path / 'x.db'}", env=env)
    done = limbeck.alembic(folder, "doctor", "--database")
    assert text in done.stdout + done.stderr


def test_options_exclude_each_other(limbeck: Program, tmp_path: Path) -> None:
    folder = projects.make(tmp_path / "p", "sqlite://")
    done = limbeck.alembic(folder, "doctor", "--database", "--enable")
    assert done.returncode == 255
    assert "Only one of" in done.stderr + done.stdout
