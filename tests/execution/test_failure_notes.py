"""What a failure says about the database, without any option of safe execution."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from support import projects
from support.programs import Program

_TABLE = 'op.create_table("a", sa.Column("id", sa.Integer, primary_key=True))'
_ROW = 'op.execute("INSERT INTO a VALUES (1)")'
_MORE = 'op.add_column("a", sa.Column("n", sa.Integer))'
_WRONG = 'op.execute("INSERT INTO nowhere VALUES (1)")'
_LAST = 'op.create_index("ix", "a", ["n"])'


@pytest.fixture(params=["sqlite", "mariadb"])
def url(request: pytest.FixtureRequest) -> str:
    """A database whose DDL is not rolled back."""
    found: str = request.getfixturevalue(f"{request.param}_url")
    return found


def _run(limbeck: Program, folder: Path, url: str, *lines: str, env: str = projects.GENERIC) -> str:
    projects.make(folder, url, env=env)
    projects.chain(folder, 1, {0: "\n".join(lines)})
    done = limbeck.alembic(folder, "upgrade", "head")
    assert done.returncode != 0
    return done.stdout + done.stderr


def _rows(url: str) -> int:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        found: int = connection.exec_driver_sql("SELECT count(*) FROM a").scalar_one()
        return found


def _columns(url: str) -> list[str]:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    return [column["name"] for column in sa.inspect(engine).get_columns("a")]


def test_statements_that_are_committed_are_named(
    limbeck: Program, tmp_path: Path, url: str
) -> None:
    output = _run(limbeck, tmp_path / "p", url, _TABLE, _MORE, _WRONG, _LAST)
    assert "statement 3 of 4 failed; statements 1 to 2 are in the database" in output
    assert "hint: undo them" in output
    assert _columns(url) == ["id", "n"]


def test_rows_are_rolled_back_unless_a_later_statement_commits_them(
    limbeck: Program, tmp_path: Path, url: str
) -> None:
    output = _run(limbeck, tmp_path / "p", url, _TABLE, _ROW, _WRONG, _MORE)
    assert "statement 3 of 4 failed; statement 1 is in the database" in output
    assert _rows(url) == 0


def test_failing_ddl_commits_rows_on_mariadb(
    limbeck: Program, tmp_path: Path, mariadb_url: str
) -> None:
    wrong = 'op.drop_column("a", "nowhere")'
    output = _run(limbeck, tmp_path / "p", mariadb_url, _TABLE, _ROW, wrong, _MORE)
    assert "statement 3 of 4 failed; statements 1 to 2 are in the database" in output
    assert _rows(mariadb_url) == 1


def test_failure_in_a_loop_has_its_number(limbeck: Program, tmp_path: Path, url: str) -> None:
    loop = 'for name in ("b", "c", "id", "d"):\n    op.add_column("a", sa.Column(name, sa.Integer))'
    output = _run(limbeck, tmp_path / "p", url, _TABLE, loop)
    assert "statement 4 of 5 failed; statements 1 to 3 are in the database" in output
    assert _columns(url) == ["id", "b", "c"]


def test_body_with_other_effects_is_not_called_again(
    limbeck: Program, tmp_path: Path, url: str
) -> None:
    output = _run(limbeck, tmp_path / "p", url, 'print("once")', _TABLE, _WRONG)
    assert output.count("once\n") == 1
    assert "statement 2 of this revision failed; DDL of the statements before it" in output


def test_total_is_left_out_if_the_body_asks_the_database(
    limbeck: Program, tmp_path: Path, url: str
) -> None:
    question = 'if op.get_bind().scalar(sa.text("SELECT 1")):\n    pass'
    output = _run(limbeck, tmp_path / "p", url, _TABLE, _WRONG, question)
    assert "statement 2 of this revision failed; statement 1 is in the database" in output


def test_autocommit_block_is_named_on_postgresql(
    limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    block = "with op.get_context().autocommit_block():\n    op.execute('SELECT pg_sleep(0)')"
    output = _run(limbeck, tmp_path / "p", postgresql_url, _TABLE, block, _MORE, _WRONG)
    assert "statement 3 of 3 failed; statement 1 is in the database" in output
    assert _columns(postgresql_url) == ["id"]


def test_nothing_is_said_if_nothing_is_left(
    limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    output = _run(limbeck, tmp_path / "p", postgresql_url, _TABLE, _MORE, _WRONG)
    assert "statement" not in output.split("raised while running")[1]
