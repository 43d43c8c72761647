"""The journal of a run that is one transaction: its entries are written together, and committed or rolled back with their steps."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from support import projects
from support.programs import Program

_ON = "[limbeck]\njournal = true\n"
_TABLE = 'op.create_table("a", sa.Column("id", sa.Integer, primary_key=True))'
_FAILS = 'op.execute("INSERT INTO nowhere VALUES (1)")'
_KILLS = "import os\nos.kill(os.getpid(), 9)"
_POSTGRESQL = [driver for kind, driver in projects.DRIVERS if kind == "postgresql"]


def _log(limbeck: Program, folder: Path) -> list[dict[str, Any]]:
    done = limbeck.alembic(folder, "log", "--json")
    assert done.returncode == 0, done.stderr
    entries: list[dict[str, Any]] = json.loads(done.stdout)
    return entries


def _outcomes(limbeck: Program, folder: Path) -> list[tuple[str, str]]:
    return [(entry["revision"], entry["outcome"]) for entry in _log(limbeck, folder)]


def _query(url: str, query: str) -> list[tuple[Any, ...]]:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def _versions(url: str) -> list[str]:
    if not _query(url, "SELECT to_regclass('alembic_version')")[0][0]:
        return []
    return [row[0] for row in _query(url, "SELECT version_num FROM alembic_version ORDER BY 1")]


def _project(
    folder: Path, url: str, bodies: Sequence[str], *, options: str = "", env: str | None = None
) -> Path:
    """Write a project with a line of revisions.

    :param options: further arguments of `context.configure()`.
    """
    text = env or projects.GENERIC
    if options:
        text = text.replace("target_metadata=None", f"target_metadata=None, {options}")
    made = projects.make(folder, url, env=text, settings=_ON)
    projects.chain(made, len(bodies), dict(enumerate(bodies)))
    return made


@pytest.mark.parametrize("driver", _POSTGRESQL)
def test_entries_of_one_transaction_are_written_by_one_statement(
    limbeck: Program, tmp_path: Path, postgresql_url: str, driver: str
) -> None:
    url = projects.with_driver(postgresql_url, driver)
    bodies = [_TABLE, 'op.execute("DELETE FROM a")\n' * 2, "time.sleep(0.05)", "pass"]
    folder = _project(tmp_path / "p", url, bodies, env=projects.env_for(driver))
    done = limbeck.alembic(folder, "upgrade", "head")
    assert done.returncode == 0, done.stderr
    entries = _log(limbeck, folder)
    assert [entry["revision"] for entry in entries] == ["r0001", "r0002", "r0003", "r0004"]
    assert {entry["outcome"] for entry in entries} == {"done"}
    assert [entry["step"] for entry in entries] == [1, 2, 3, 4]
    assert [entry["statements"] for entry in entries] == [1, 2, 0, 0]
    assert len({entry["run"] for entry in entries}) == 1
    ids = [entry["id"] for entry in entries]
    assert ids == sorted(set(ids))
    times = [time for entry in entries for time in (entry["started"], entry["ended"])]
    assert times == sorted(times)
    assert entries[2]["milliseconds"] >= 50
    assert entries[3]["milliseconds"] < 50
    for entry in entries:
        assert entry["attempts"] == 1
        assert entry["error"] is None
        assert "postgresql" in entry["versions"]
        assert len(entry["file_hash"]) == 64
    # The number of the statement in its transaction.
    assert len(_query(postgresql_url, "SELECT DISTINCT xmin::text, cmin::text FROM limbeck_journal")) == 1  # fmt: skip


def test_many_entries_are_written_in_several_statements(
    limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    folder = _project(tmp_path / "p", postgresql_url, ["pass"] * 501)
    done = limbeck.alembic(folder, "upgrade", "head")
    assert done.returncode == 0, done.stderr
    assert [entry["step"] for entry in _log(limbeck, folder)] == list(range(1, 502))


@pytest.mark.parametrize("schema", ["other", 'a "b"'])
def test_entries_are_in_the_schema_of_the_version_table(
    limbeck: Program, tmp_path: Path, postgresql_url: str, schema: str
) -> None:
    engine = sa.create_engine(postgresql_url)
    with engine.begin() as connection:
        connection.execute(sa.schema.CreateSchema(schema))
    engine.dispose()
    options = f"version_table_schema={schema!r}"
    folder = _project(tmp_path / "p", postgresql_url, [_TABLE, "pass"], options=options)
    done = limbeck.alembic(folder, "upgrade", "head")
    assert done.returncode == 0, done.stderr
    assert _outcomes(limbeck, folder) == [("r0001", "done"), ("r0002", "done")]


@pytest.mark.parametrize("last", [_FAILS, "raise RuntimeError"])
def test_failure_leaves_its_own_entry_only(
    limbeck: Program, tmp_path: Path, postgresql_url: str, last: str
) -> None:
    folder = _project(tmp_path / "p", postgresql_url, [_TABLE, "pass", last, "pass"])
    assert limbeck.alembic(folder, "upgrade", "head").returncode != 0
    assert _outcomes(limbeck, folder) == [("r0003", "failed")]
    assert _versions(postgresql_url) == []


def test_killed_run_leaves_no_entry(limbeck: Program, tmp_path: Path, postgresql_url: str) -> None:
    folder = _project(tmp_path / "p", postgresql_url, [_TABLE, "pass", _KILLS])
    assert limbeck.alembic(folder, "upgrade", "head").returncode != 0
    assert _outcomes(limbeck, folder) == []
    assert _versions(postgresql_url) == []


def test_entries_are_there_if_env_py_commits_after_a_failure(
    limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    env = projects.GENERIC.replace(
        "        with context.begin_transaction():\n            context.run_migrations()",
        "        try:\n            context.run_migrations()\n        finally:\n            connection.commit()",
    )
    assert env != projects.GENERIC
    folder = _project(
        tmp_path / "p", postgresql_url, [_TABLE, "pass", "raise RuntimeError"], env=env
    )
    assert limbeck.alembic(folder, "upgrade", "head").returncode != 0
    assert _versions(postgresql_url) == ["r0002"]
    found = _outcomes(limbeck, folder)
    assert sorted(found) == [("r0001", "done"), ("r0002", "done"), ("r0003", "failed")]


@pytest.mark.parametrize(
    "how", ["transaction_per_migration=True", "AUTOCOMMIT", "own autocommit", "own timeout"]
)
@pytest.mark.parametrize("last", [_FAILS, _KILLS], ids=["failed", "killed"])
def test_entries_of_committed_steps_stay(
    limbeck: Program, tmp_path: Path, postgresql_url: str, last: str, how: str
) -> None:
    env = projects.GENERIC
    options = how if "=" in how else ""
    if how == "AUTOCOMMIT":
        env = env.replace(
            "poolclass=pool.NullPool",
            f"{{}}, isolation_level={how!r}".format("poolclass=pool.NullPool"),
        )
    elif how == "own autocommit":
        env = env.replace(
            "poolclass=pool.NullPool", 'poolclass=pool.NullPool, connect_args={"autocommit": True}'
        )
    folder = _project(
        tmp_path / "p", postgresql_url, [_TABLE, "pass", last], options=options, env=env
    )
    if how == "own timeout":
        file = folder / "migrations" / "versions" / "r0002.py"
        file.write_text("lock_retries = 1\n" + file.read_text())
    assert limbeck.alembic(folder, "upgrade", "head").returncode != 0
    assert _versions(postgresql_url) == ["r0002"]
    expected = [("r0001", "done"), ("r0002", "done")]
    if last == _FAILS:
        expected.append(("r0003", "failed"))
    assert _outcomes(limbeck, folder) == expected


def test_entries_before_an_autocommit_block_are_committed_with_it(
    limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    block = (
        "with op.get_context().autocommit_block():\n"
        '    op.execute("CREATE INDEX CONCURRENTLY ix ON a (id)")'
    )
    bodies = [_TABLE, "pass", block, "pass", _FAILS]
    folder = _project(tmp_path / "p", postgresql_url, bodies)
    assert limbeck.alembic(folder, "upgrade", "head").returncode != 0
    assert _versions(postgresql_url) == ["r0002"]
    expected = [("r0001", "done"), ("r0002", "done"), ("r0003", "running"), ("r0005", "failed")]
    assert _outcomes(limbeck, folder) == expected
    refused = limbeck.alembic(folder, "upgrade", "head")
    assert "The upgrade of revision r0003 ended after statement 1" in refused.stdout
    file = folder / "migrations" / "versions" / "r0005.py"
    file.write_text(file.read_text().replace("nowhere VALUES", "a VALUES"))
    done = limbeck.alembic(folder, "upgrade", "head", "--resume")
    assert done.returncode == 0, done.stdout + done.stderr
    assert _versions(postgresql_url) == ["r0005"]
    assert _outcomes(limbeck, folder)[-3:] == [
        ("r0003", "done"),
        ("r0004", "done"),
        ("r0005", "done"),
    ]
    assert _query(postgresql_url, "SELECT count(*) FROM limbeck_journal_statement") == [(0,)]
    assert limbeck.alembic(folder, "log").stdout.splitlines()[0].split()[2:5] == [
        "upgrade",
        "r0005",
        "done",
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "COMMIT",
        "  -- a comment\n commit;",
        "UPDATE a SET id = 1; END",
        "SELECT 1; -- x\n/* y */ COMMIT",
    ],
)
def test_entries_are_written_before_a_commit_as_text(
    limbeck: Program, tmp_path: Path, postgresql_url: str, statement: str
) -> None:
    bodies = [_TABLE, "pass", f"op.execute({statement!r})", _FAILS]
    folder = _project(tmp_path / "p", postgresql_url, bodies)
    assert limbeck.alembic(folder, "upgrade", "head").returncode != 0
    assert _versions(postgresql_url) == ["r0002"]
    expected = [("r0001", "done"), ("r0002", "done"), ("r0004", "failed")]
    assert _outcomes(limbeck, folder) == expected


@pytest.mark.parametrize(
    "body",
    [
        "nested = op.get_bind().begin_nested()\nop.execute('CREATE TABLE b (id integer)')\nnested.rollback()",
        "op.execute('SAVEPOINT s')\nop.execute('CREATE TABLE b (id integer)')\nop.execute('ROLLBACK TO s')",
    ],
)
def test_entries_outlive_a_savepoint(
    limbeck: Program, tmp_path: Path, postgresql_url: str, body: str
) -> None:
    folder = _project(tmp_path / "p", postgresql_url, [_TABLE, body, "pass"])
    done = limbeck.alembic(folder, "upgrade", "head")
    assert done.returncode == 0, done.stderr
    expected = [("r0001", "done"), ("r0002", "done"), ("r0003", "done")]
    assert _outcomes(limbeck, folder) == expected


def test_entries_are_forgotten_with_a_rollback(
    limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    folder = _project(tmp_path / "p", postgresql_url, [_TABLE, "op.get_bind().rollback()"])
    assert limbeck.alembic(folder, "upgrade", "head").returncode != 0
    assert _versions(postgresql_url) == []
    assert _outcomes(limbeck, folder) == [("r0002", "failed")]


def test_branches_and_their_merge_have_entries(
    limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    folder = projects.make(tmp_path / "p", postgresql_url, settings=_ON)
    projects.revision(folder, "base1", None, _TABLE)
    projects.revision(folder, "left1", "base1")
    projects.revision(folder, "right1", "base1")
    projects.revision(folder, "merge1", ("left1", "right1"))
    projects.revision(folder, "end1", "merge1", _FAILS)
    assert limbeck.alembic(folder, "upgrade", "merge1").returncode == 0
    found = _log(limbeck, folder)
    assert {entry["revision"] for entry in found} == {"base1", "left1", "right1", "merge1"}
    assert [found[0]["revision"], found[-1]["revision"]] == ["base1", "merge1"]
    assert limbeck.alembic(folder, "upgrade", "head").returncode != 0
    assert limbeck.alembic(folder, "downgrade", "base").returncode == 0
    found = _log(limbeck, folder)[4:]
    assert (found[0]["revision"], found[0]["outcome"]) == ("end1", "failed")
    assert [entry["direction"] for entry in found[1:]] == ["downgrade"] * 4
    assert [found[1]["revision"], found[-1]["revision"]] == ["merge1", "base1"]


def test_entries_are_in_the_transaction_that_env_py_began(
    limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    env = projects.GENERIC.replace(
        "        with context.begin_transaction():\n            context.run_migrations()",
        "        context.run_migrations()\n        outer.rollback()",
    ).replace(
        "        context.configure", "        outer = connection.begin()\n        context.configure"
    )
    folder = _project(tmp_path / "p", postgresql_url, [_TABLE, "pass"], env=env)
    assert limbeck.alembic(folder, "upgrade", "head").returncode == 0
    assert (_versions(postgresql_url), _outcomes(limbeck, folder)) == ([], [])
    file = folder / "migrations" / "env.py"
    file.write_text(file.read_text().replace("outer.rollback()", "outer.commit()"))
    assert limbeck.alembic(folder, "upgrade", "head").returncode == 0
    assert _versions(postgresql_url) == ["r0002"]
    assert _outcomes(limbeck, folder) == [("r0001", "done"), ("r0002", "done")]
