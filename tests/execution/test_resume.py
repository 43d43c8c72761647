"""Going on after a failure, where what a revision did cannot be rolled back."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from support import projects
from support.programs import Program

_ON = "[limbeck]\njournal = true\n"
_BODY = (
    'op.create_table("a", sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Integer))\n'
    'op.execute("INSERT INTO a VALUES (1, 1)")\n'
    'op.add_column("a", sa.Column("x", sa.Integer))\n'
    'op.execute("UPDATE a SET n = n + 1")\n'
    'op.execute("INSERT INTO nowhere VALUES (1)")\n'
    'op.create_index("ix", "a", ["n"])'
)


def _edit(folder: Path, old: str, new: str) -> None:
    file = folder / "migrations" / "versions" / "r0002.py"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def _query(url: str, query: str) -> list[tuple[object, ...]]:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def _failed(limbeck: Program, tmp_path: Path, url: str, body: str = _BODY) -> Path:
    """Write a project, and run it until a statement of its second revision fails."""
    folder = projects.make(tmp_path / "p", url, settings=_ON)
    projects.chain(folder, 3, {1: body})
    done = limbeck.alembic(folder, "upgrade", "head")
    assert done.returncode != 0
    # On SQLite, DDL after the first INSERT belongs to the driver's transaction, and is rolled back.
    left = "statement 1 is" if url.startswith("sqlite") else "statements 1 to 3 are"
    total = 6 if body is _BODY else 5
    assert f"statement 5 of {total} failed; {left} in the database" in done.stderr
    return folder


@pytest.fixture(params=["sqlite", "mariadb"])
def url(request: pytest.FixtureRequest) -> str:
    """A database whose DDL is not rolled back."""
    found: str = request.getfixturevalue(f"{request.param}_url")
    return found


def test_resume_goes_on_after_the_last_committed_statement(
    limbeck: Program, tmp_path: Path, url: str
) -> None:
    folder = _failed(limbeck, tmp_path, url)
    refused = limbeck.alembic(folder, "upgrade", "head")
    assert refused.returncode != 0
    number = 1 if url.startswith("sqlite") else 3
    assert f"The upgrade of revision r0002 ended after statement {number}" in refused.stdout
    _edit(folder, "nowhere VALUES (1)", "a (id, n) VALUES (7, 7)")
    done = limbeck.alembic(folder, "upgrade", "head", "--resume")
    assert done.returncode == 0, done.stdout + done.stderr
    assert _query(url, "SELECT id, n FROM a ORDER BY id") == [(1, 2), (7, 7)]
    assert _query(url, "SELECT version_num FROM alembic_version") == [("r0003",)]
    assert _query(url, "SELECT count(*) FROM limbeck_journal_statement") == [(0,)]


def test_resume_stops_at_a_statement_that_differs(
    limbeck: Program, tmp_path: Path, url: str
) -> None:
    folder = _failed(limbeck, tmp_path, url)
    before = _query(url, "SELECT * FROM a")
    _edit(folder, 'sa.Column("n", sa.Integer)', 'sa.Column("n", sa.BigInteger)')
    _edit(folder, "nowhere VALUES (1)", "a (id, n) VALUES (7, 7)")
    done = limbeck.alembic(folder, "upgrade", "head", "--resume")
    assert done.returncode != 0
    assert "Statement 1 of revision r0002 is not the one" in done.stderr
    assert _query(url, "SELECT * FROM a") == before
    _edit(folder, "sa.BigInteger", "sa.Integer")
    done = limbeck.alembic(folder, "upgrade", "head", "--resume")
    assert done.returncode == 0, done.stdout + done.stderr


def test_repair_marks_a_revision_that_was_finished_by_hand(
    limbeck: Program, tmp_path: Path, url: str
) -> None:
    folder = _failed(limbeck, tmp_path, url)
    done = limbeck.alembic(folder, "repair", "r0002", "--mark-applied")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "r0002" in limbeck.alembic(folder, "current").stdout
    assert "marked" in limbeck.alembic(folder, "log").stdout
    done = limbeck.alembic(folder, "upgrade", "head")
    assert done.returncode == 0, done.stdout + done.stderr
    again = limbeck.alembic(folder, "repair", "r0002", "--mark-applied")
    assert "The journal has no unfinished step of revision 'r0002'" in again.stdout


def test_repair_forgets_a_revision_that_was_undone_by_hand(
    limbeck: Program, tmp_path: Path, url: str
) -> None:
    folder = _failed(limbeck, tmp_path, url)
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE a")
    engine.dispose()
    _edit(folder, "nowhere VALUES (1)", "a (id, n) VALUES (7, 7)")
    assert limbeck.alembic(folder, "repair", "r0002", "--forget").returncode == 0
    done = limbeck.alembic(folder, "upgrade", "head")
    assert done.returncode == 0, done.stdout + done.stderr
    assert _query(url, "SELECT id, n FROM a ORDER BY id") == [(1, 2), (7, 7)]


def test_repair_asks_what_to_do(limbeck: Program, tmp_path: Path, url: str) -> None:
    folder = _failed(limbeck, tmp_path, url)
    done = limbeck.alembic(folder, "repair", "r0002")
    assert done.returncode != 0
    assert "--mark-applied" in done.stdout
    assert "--forget" in done.stdout


def test_resume_without_the_journal_is_refused(
    limbeck: Program, tmp_path: Path, sqlite_url: str
) -> None:
    folder = projects.make(tmp_path / "p", sqlite_url)
    projects.chain(folder, 1)
    done = limbeck.alembic(folder, "upgrade", "head", "--resume")
    assert done.returncode != 0
    assert "--resume needs the journal" in done.stdout


def test_failed_downgrade_goes_on(limbeck: Program, tmp_path: Path, url: str) -> None:
    folder = projects.make(tmp_path / "p", url, settings=_ON)
    projects.chain(folder, 2, {1: 'op.create_table("a", sa.Column("id", sa.Integer))'})
    assert limbeck.alembic(folder, "upgrade", "head").returncode == 0
    _edit(
        folder,
        "def downgrade():\n    pass",
        'def downgrade():\n    op.drop_table("a")\n    op.execute("DROP TABLE nowhere")',
    )
    assert limbeck.alembic(folder, "downgrade", "-1").returncode != 0
    refused = limbeck.alembic(folder, "downgrade", "-1")
    assert "The downgrade of revision r0002 ended after statement 1" in refused.stdout
    _edit(folder, 'op.execute("DROP TABLE nowhere")', "pass")
    done = limbeck.alembic(folder, "downgrade", "-1", "--resume")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "r0001" in limbeck.alembic(folder, "current").stdout


def test_statements_before_an_autocommit_block_are_not_run_again(
    limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    body = (
        "op.execute(\"CREATE TYPE mood AS ENUM ('sad')\")\n"
        'op.create_table("a", sa.Column("id", sa.Integer))\n'
        "with op.get_context().autocommit_block():\n"
        "    op.execute(\"ALTER TYPE mood ADD VALUE 'glad'\")\n"
        'op.execute("INSERT INTO a VALUES (1)")\n'
        'op.execute("INSERT INTO nowhere VALUES (1)")'
    )
    _failed(limbeck, tmp_path, postgresql_url, body)
    folder = tmp_path / "p"
    _edit(folder, "INTO nowhere", "INTO a")
    done = limbeck.alembic(folder, "upgrade", "head", "--resume")
    assert done.returncode == 0, done.stdout + done.stderr
    assert _query(postgresql_url, "SELECT count(*) FROM a") == [(2,)]
    assert _query(postgresql_url, "SELECT count(*) FROM pg_enum") == [(2,)]


@pytest.mark.parametrize(
    ("kind", "statement"),
    [
        ("mariadb", "CREATE VIEW v AS SELECT id FROM a"),
        # Each time, PostgreSQL chooses another name.
        ("postgresql", "CREATE INDEX CONCURRENTLY ON a (id)"),
    ],
)
def test_uncertain_statement_is_reported(
    limbeck: Program, tmp_path: Path, request: pytest.FixtureRequest, kind: str, statement: str
) -> None:
    """A process is killed within a statement whose effect limbeck cannot see."""
    url: str = request.getfixturevalue(f"{kind}_url")
    body = (
        'op.create_table("a", sa.Column("id", sa.Integer))\n'
        "with op.get_context().autocommit_block():\n"
        f'    op.execute("{statement}")\n'
        "import os\nos.path.exists('go') or os.kill(os.getpid(), 9)"
    )
    folder = projects.make(tmp_path / "p", url, settings=_ON)
    projects.chain(folder, 2, {1: body})
    limbeck.alembic(folder, "upgrade", "head")
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE limbeck_journal_statement SET is_done = 0 WHERE number = 2"
        )
    engine.dispose()
    (folder / "go").touch()
    done = limbeck.alembic(folder, "upgrade", "head", "--resume")
    assert done.returncode != 0
    assert "It is uncertain whether statement 2 of revision r0002 was executed" in done.stderr
    assert limbeck.alembic(folder, "repair", "r0002", "--mark-applied").returncode == 0


@pytest.mark.parametrize("kind", ["postgresql", "mariadb", "sqlite"])
def test_two_runs_at_once_apply_each_revision_once(
    limbeck: Program, tmp_path: Path, request: pytest.FixtureRequest, kind: str
) -> None:
    address: str = request.getfixturevalue(f"{kind}_url")
    folder = projects.make(
        tmp_path / "p", address, settings=f"{_ON}lock_timeout = 1\nlock_retries = 20\nlock = true\n"
    )
    names = projects.chain(folder, 10, projects.logging_bodies(10))
    running = [limbeck.start(folder, "upgrade", "head") for _ in range(2)]
    done = [process.finish() for process in running]
    assert [one.returncode for one in done] == [0, 0], done
    assert [row[0] for row in _query(address, "SELECT rev FROM log ORDER BY rev")] == names


def test_changed_container_of_the_file_is_named_before_the_next_attempt(
    limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    folder = projects.make(tmp_path / "p", postgresql_url)
    body = (
        'ROWS.append(1)\nop.execute("SET LOCAL lock_timeout = 0")\n'
        "if len(ROWS) < 2:\n"
        "    op.execute(\"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$\")"
    )
    projects.chain(folder, 1, {0: body})
    file = folder / "migrations" / "versions" / "r0001.py"
    file.write_text(file.read_text().replace("\nrevision =", "\nROWS = []\nrevision ="))
    done = limbeck.alembic(
        folder, "upgrade", "head", "--lock-retries", "2", "--lock-backoff", "100ms"
    )
    assert done.returncode == 0, done.stderr
    assert "the failed attempt has changed 'ROWS' of the file" in done.stderr
    assert "serialization failure in attempt 1 of 3" in done.stderr


_SIX = (
    'op.create_table("a", sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Integer))',
    'op.execute("INSERT INTO a VALUES (1, 1)")',
    'op.add_column("a", sa.Column("x", sa.Integer))',
    'op.create_index("ix", "a", ["n"])',
    'op.execute("UPDATE a SET n = n + 1")',
    'op.execute("CREATE VIEW v AS SELECT n FROM a")',
)


@pytest.mark.parametrize("finished", range(1, len(_SIX) + 1))
def test_kill_between_two_statements(
    limbeck: Program, tmp_path: Path, url: str, finished: int
) -> None:
    body = [*_SIX]
    body.insert(finished, "import os\nos.path.exists('go') or os.kill(os.getpid(), 9)")
    folder = projects.make(tmp_path / "p", url, settings=_ON)
    projects.chain(folder, 3, {1: "\n".join(body)})
    assert limbeck.alembic(folder, "upgrade", "head").returncode == -9
    assert _query(url, "SELECT outcome FROM limbeck_journal ORDER BY step") == [
        ("done",),
        ("running",),
    ]
    (folder / "go").touch()
    done = limbeck.alembic(folder, "upgrade", "head", "--resume")
    assert done.returncode == 0, done.stdout + done.stderr
    assert _query(url, "SELECT id, n, x FROM a") == [(1, 2, None)]
    assert _query(url, "SELECT version_num FROM alembic_version") == [("r0003",)]
    assert _query(url, "SELECT count(*) FROM limbeck_journal_statement") == [(0,)]
    assert _query(url, "SELECT outcome, running FROM limbeck_journal") == [("done", None)] * 3


def test_revision_of_one_statement_has_its_record_in_the_entry(
    limbeck: Program, tmp_path: Path, url: str
) -> None:
    folder = projects.make(tmp_path / "p", url, settings=_ON)
    body = f"{_SIX[0]}\nimport os\nos.path.exists('go') or os.kill(os.getpid(), 9)"
    projects.chain(folder, 2, {1: body})
    assert limbeck.alembic(folder, "upgrade", "head").returncode == -9
    assert _query(url, "SELECT count(*) FROM limbeck_journal_statement") == [(0,)]
    ((record,),) = _query(url, "SELECT running FROM limbeck_journal WHERE revision = 'r0002'")
    assert '"number": 1' in str(record)
    (folder / "go").touch()
    done = limbeck.alembic(folder, "upgrade", "head", "--resume")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("bad", ["ALTER TABLE nowhere ADD x INT", "ALTER TABLE a ADD ADD"])
@pytest.mark.parametrize("before", [0, 1, 2, 3])
def test_failed_statement_that_the_body_catches_is_not_recorded(
    limbeck: Program, tmp_path: Path, url: str, bad: str, before: int
) -> None:
    body = [*_SIX, 'op.execute("INSERT INTO nowhere VALUES (1)")']
    body.insert(before, f'try:\n    op.execute("{bad}")\nexcept Exception:\n    pass')
    folder = projects.make(tmp_path / "p", url, settings=_ON)
    projects.chain(folder, 3, {1: "\n".join(body)})
    failed = limbeck.alembic(folder, "upgrade", "head")
    assert failed.returncode != 0
    assert "nowhere' doesn't exist" in failed.stderr or "no such table" in failed.stderr
    _edit(folder, "INTO nowhere VALUES (1)", "INTO a (id, n) VALUES (7, 7)")
    done = limbeck.alembic(folder, "upgrade", "head", "--resume")
    assert done.returncode == 0, done.stdout + done.stderr
    assert _query(url, "SELECT id, n FROM a ORDER BY id") == [(1, 2), (7, 7)]


@pytest.mark.parametrize("statement", ["CREATE TABLE b (id INT,)", "CREATE TABLE a (id INT)"])
def test_statement_that_fails_after_another_one_keeps_the_record_of_that(
    limbeck: Program, tmp_path: Path, url: str, statement: str
) -> None:
    """One with a syntax error commits nothing; one that the database refuses has committed what was before it."""
    body = f'{_SIX[0]}\nop.execute("{statement}")'
    folder = projects.make(tmp_path / "p", url, settings=_ON)
    projects.chain(folder, 3, {1: body})
    failed = limbeck.alembic(folder, "upgrade", "head")
    assert "statement 2 of 2 failed; statement 1 is in the database" in failed.stderr
    _edit(folder, statement, "CREATE TABLE b (id INTEGER)")
    done = limbeck.alembic(folder, "upgrade", "head", "--resume")
    assert done.returncode == 0, done.stdout + done.stderr
    assert _query(url, "SELECT count(*) FROM b") == [(0,)]
