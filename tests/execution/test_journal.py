"""The journal: what ran, how it ended, and the files that have changed since."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from support import projects
from support.programs import Program

_ON = "[limbeck]\njournal = true\n"
_BODIES = {
    0: 'op.create_table("a", sa.Column("id", sa.Integer, primary_key=True))',
    1: 'op.execute("INSERT INTO a VALUES (1)")\nop.add_column("a", sa.Column("n", sa.Integer))',
    2: "op.execute(\"INSERT INTO nowhere VALUES ('a secret', 4711)\")",
}


def _log(limbeck: Program, folder: Path) -> list[dict[str, Any]]:
    done = limbeck.alembic(folder, "log", "--json")
    assert done.returncode == 0, done.stderr
    entries: list[dict[str, Any]] = json.loads(done.stdout)
    return entries


def _edit(folder: Path, revision: str, old: str, new: str) -> None:
    file = folder / "migrations" / "versions" / f"{revision}.py"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


@pytest.mark.parametrize(("kind", "driver"), projects.DRIVERS)
def test_each_step_has_an_entry(
    limbeck: Program, tmp_path: Path, request: pytest.FixtureRequest, kind: str, driver: str
) -> None:
    url = projects.with_driver(request.getfixturevalue(f"{kind}_url"), driver)
    folder = projects.make(tmp_path / "p", url, env=projects.env_for(driver), settings=_ON)
    projects.chain(folder, 3, _BODIES)
    failed = limbeck.alembic(folder, "upgrade", "head")
    assert failed.returncode != 0
    outcomes = [(entry["revision"], entry["outcome"]) for entry in _log(limbeck, folder)]
    # On PostgreSQL, the failure undoes the whole run.
    expected = [("r0003", "failed")]
    if kind != "postgresql":
        expected = [("r0001", "done"), ("r0002", "done"), *expected]
    assert outcomes == expected
    last = _log(limbeck, folder)[-1]
    assert last["error"]
    assert not any(word in last["error"] for word in ("secret", "4711"))
    assert (last["direction"], last["statements"], last["attempts"]) == ("upgrade", 0, 1)
    _edit(folder, "r0003", "nowhere VALUES ('a secret', 4711)", "a (id) VALUES (2)")
    done = limbeck.alembic(folder, "upgrade", "head")
    assert done.returncode == 0, done.stderr
    done = limbeck.alembic(folder, "downgrade", "-1")
    assert limbeck.alembic(folder, "stamp", "head").returncode == 0
    found = [(e["direction"], e["revision"], e["outcome"]) for e in _log(limbeck, folder)]
    assert found[-3:] == [
        ("upgrade", "r0003", "done"),
        ("downgrade", "r0003", "done"),
        ("stamp", "r0003", "done"),
    ]
    text = limbeck.alembic(folder, "log").stdout.splitlines()
    assert "stamp" in text[0]
    assert any(line.startswith("    ") for line in text)


def test_changed_file_of_an_applied_revision_is_reported(
    limbeck: Program, tmp_path: Path, sqlite_url: str
) -> None:
    folder = projects.make(tmp_path / "p", sqlite_url, settings=_ON)
    projects.chain(folder, 2, _BODIES)
    assert limbeck.alembic(folder, "upgrade", "head").returncode == 0
    _edit(folder, "r0002", "VALUES (1)", "VALUES  (1)  ")
    _edit(
        folder, "r0001", 'op.create_table("a",', "# a comment\n    op.create_table(\n        'a',"
    )
    done = limbeck.alembic(folder, "upgrade", "head")
    assert "The files of applied revisions have changed: r0002;" in done.stderr
    _edit(folder, "r0001", '"id"', '"key"')
    ini = folder / "alembic.ini"
    ini.write_text(ini.read_text().replace("journal = true", "journal = true\nchecksum = error"))
    refused = limbeck.alembic(folder, "upgrade", "head")
    assert refused.returncode != 0
    assert "have changed: r0001, r0002" in refused.stdout
    for revision in ("r0001", "r0002"):
        assert limbeck.alembic(folder, "log", "--accept", revision).returncode == 0
    done = limbeck.alembic(folder, "upgrade", "head")
    assert (done.returncode, done.stderr) == (0, "")


def test_database_without_a_journal_is_named(
    limbeck: Program, tmp_path: Path, sqlite_url: str
) -> None:
    folder = projects.make(tmp_path / "p", sqlite_url)
    projects.chain(folder, 1, _BODIES)
    assert limbeck.alembic(folder, "upgrade", "head").returncode == 0
    done = limbeck.alembic(folder, "log")
    assert done.returncode != 0
    assert "This database has no journal" in done.stdout
    with sa.create_engine(sqlite_url).connect() as connection:
        assert sa.inspect(connection).get_table_names() == ["a", "alembic_version"]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mariadb"])
def test_autogenerate_ignores_the_journal(
    limbeck: Program, tmp_path: Path, request: pytest.FixtureRequest, kind: str
) -> None:
    url: str = request.getfixturevalue(f"{kind}_url")
    env = projects.GENERIC.replace("target_metadata=None", "target_metadata=sa.MetaData()")
    folder = projects.make(tmp_path / "p", url, env=f"import sqlalchemy as sa\n{env}", settings=_ON)
    projects.chain(folder, 1)
    assert limbeck.alembic(folder, "upgrade", "head").returncode == 0
    done = limbeck.alembic(folder, "check")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mariadb"])
def test_journal_is_in_the_schema_of_the_version_table(
    limbeck: Program, tmp_path: Path, request: pytest.FixtureRequest, kind: str
) -> None:
    url: str = request.getfixturevalue(f"{kind}_url")
    engine = sa.create_engine(url)
    schema = {"sqlite": "main", "postgresql": "other", "mariadb": engine.url.database}[kind]
    if kind == "postgresql":
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE SCHEMA other")
    env = projects.GENERIC.replace(
        "target_metadata=None", f"target_metadata=None, version_table_schema={schema!r}"
    )
    folder = projects.make(tmp_path / "p", url, env=env, settings=_ON)
    projects.chain(folder, 2, _BODIES)
    assert limbeck.alembic(folder, "upgrade", "head").returncode == 0
    names = sa.inspect(engine).get_table_names(schema=schema)
    assert {"limbeck_journal", "limbeck_journal_statement"} <= set(names)
    assert [entry["outcome"] for entry in _log(limbeck, folder)] == ["done", "done"]
    engine.dispose()
