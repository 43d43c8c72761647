"""`alembic drift` and `alembic snapshot`, on each kind of database."""

import json
from pathlib import Path

import pytest
from alembic import command
from limbeck.config import Config
from limbeck.drift import Drift, drift, live_snapshot, revisions_snapshot
from limbeck.script.base import ScriptDirectory
from limbeck.util.exc import CommandError
from support import projects
from support.compare import describe
from support.executing import execute
from support.programs import Program
from support.reversible import right_chain
from support.reversible import write as write_bodies

_BODIES = [
    "op.create_table('t', sa.Column('id', sa.Integer, primary_key=True), sa.Column('a', sa.String(9)))",
    "op.create_index('ix', 't', ['a'])",
    "op.create_table('later', sa.Column('id', sa.Integer))",
]


def write(folder: Path, url: str) -> Config:
    """Write a project, and apply two of its three revisions."""
    projects.make(folder, url)
    projects.chain(folder, len(_BODIES), dict(enumerate(_BODIES)))
    config = Config(str(folder / "alembic.ini"))
    command.upgrade(config, "r0002")
    return config


def found(config: Config, *exclude: str) -> Drift:
    return drift(config, ScriptDirectory.from_config(config), exclude)


def test_pending_revisions_are_no_drift(database_url: str, tmp_path: Path) -> None:
    config = write(tmp_path, database_url)
    assert found(config) == Drift(("r0002",), (), 0, ("r0003",))


def test_changes_by_hand_are_drift(database_url: str, tmp_path: Path) -> None:
    config = write(tmp_path, database_url)
    drop = "DROP INDEX ix ON t" if database_url.startswith("mysql") else "DROP INDEX ix"
    execute(
        database_url, drop, "CREATE TABLE old_t (x integer)", "ALTER TABLE t ADD COLUMN b integer"
    )
    before = describe(database_url)
    names = [
        (str(difference.object), difference.before is None, difference.after is None)
        for difference in found(config).differences
    ]
    assert names == [
        ("table old_t", True, False),
        ("column t.b", True, False),
        ("index t.ix", False, True),
        ("table t", False, False),
    ]
    assert describe(database_url) == before
    rest = found(config, "table *", "index t.ix")
    assert [str(difference.object) for difference in rest.differences] == ["column t.b"]
    assert rest.excluded == 3


def test_new_database_has_no_drift(database_url: str, tmp_path: Path) -> None:
    config = write_bodies(tmp_path, database_url, right_chain(9))
    assert found(config).rows == ()
    assert "alembic_version" not in describe(database_url)["tables"]
    command.upgrade(config, "heads")
    assert found(config).differences == ()


@pytest.mark.parametrize("driver", projects.DRIVERS, ids=lambda driver: driver[1])
def test_each_driver(
    driver: tuple[str, str], tmp_path: Path, limbeck: Program, request: pytest.FixtureRequest
) -> None:
    """In a process for each: the drivers have different copies of OpenSSL, which crash now and then in one process."""
    kind, name = driver
    url = projects.with_driver(request.getfixturevalue(f"{kind}_url"), name)
    write_bodies(tmp_path, url, right_chain(9), projects.env_for(name))
    assert limbeck.alembic(tmp_path, "upgrade", "heads").returncode == 0
    done = limbeck.alembic(tmp_path, "drift")
    assert (done.returncode, done.stdout) == (0, "no differences to r0009\n")


def test_unknown_revision_is_an_error(sqlite_url: str, tmp_path: Path) -> None:
    config = write(tmp_path, sqlite_url)
    execute(sqlite_url, "UPDATE alembic_version SET version_num = 'gone'")
    with pytest.raises(CommandError, match="Can't locate revision identified by 'gone'"):
        found(config)


def test_snapshots_of_the_head_and_of_the_database(database_url: str, tmp_path: Path) -> None:
    config = write(tmp_path, database_url)
    script = ScriptDirectory.from_config(config)
    made, live = revisions_snapshot(config, script), live_snapshot(config, script)
    assert (made.rows, live.rows) == (("r0003",), ("r0002",))
    assert "table later" in made.snapshot.as_text()
    assert "table later" not in live.snapshot.as_text()
    command.upgrade(config, "heads")
    assert live_snapshot(config, script) == made


class TestCommands:
    def test_drift(self, limbeck: Program, sqlite_url: str, tmp_path: Path) -> None:
        write(tmp_path, sqlite_url)
        done = limbeck.alembic(tmp_path, "drift")
        assert (done.returncode, done.stdout) == (
            0,
            "no differences to r0002; pending, which is no drift: r0003\n",
        )
        execute(sqlite_url, "DROP INDEX ix")
        done = limbeck.alembic(tmp_path, "drift")
        assert done.returncode == 1
        assert done.stdout.startswith("index t.ix is missing: (a)\n1 difference to r0002;")
        done = limbeck.alembic(tmp_path, "drift", "--format", "json")
        assert json.loads(done.stdout)["differences"] == [
            {"table": "t", "kind": "index", "name": "ix", "made": "(a)", "found": None}
        ]
        assert limbeck.alembic(tmp_path, "drift", "--exclude", "index *").returncode == 0
        (tmp_path / "migrations" / "env.py").write_text("raise SystemError('no')\n")
        assert limbeck.alembic(tmp_path, "drift").returncode == 255

    def test_snapshot(self, limbeck: Program, sqlite_url: str, tmp_path: Path) -> None:
        write(tmp_path, sqlite_url)
        shown = limbeck.alembic(tmp_path, "snapshot").stdout
        assert "column t.a: VARCHAR(9)\n" in shown
        assert limbeck.alembic(tmp_path, "snapshot", "-o", "schema.txt").returncode == 0
        assert (tmp_path / "schema.txt").read_text() == shown
        checked = limbeck.alembic(tmp_path, "snapshot", "--check", "-o", "schema.txt")
        assert checked.returncode == 1
        assert "+table later: columns id" in checked.stdout
        limbeck.alembic(tmp_path, "upgrade", "head")
        limbeck.alembic(tmp_path, "snapshot", "-o", "schema.txt")
        assert limbeck.alembic(tmp_path, "snapshot", "--check", "-o", "schema.txt").returncode == 0
        assert limbeck.alembic(tmp_path, "snapshot", "--check").returncode == 255
        assert limbeck.alembic(tmp_path, "snapshot", "--check", "-o", "absent").returncode == 255
        (tmp_path / "schema.txt").write_bytes(b"\xff")
        checked = limbeck.alembic(tmp_path, "snapshot", "--check", "-o", "schema.txt")
        assert checked.returncode == 255
        assert "Cannot read the snapshot in schema.txt" in checked.stdout
