"""The fixtures that all tests rely on."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from support.programs import ALEMBIC_VERSION, Program


def test_database_is_empty_and_writable(database_url: str) -> None:
    engine = sa.create_engine(database_url)
    assert sa.inspect(engine).get_table_names() == []
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE t (x INTEGER)"))
        connection.execute(sa.text("INSERT INTO t VALUES (1)"))
    with engine.begin() as connection:
        assert connection.scalar(sa.text("SELECT x FROM t")) == 1
    engine.dispose()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mariadb"])
def test_two_databases_are_separate(two_urls: Callable[[str], tuple[str, str]], kind: str) -> None:
    one, other = map(sa.create_engine, two_urls(kind))
    with one.begin() as connection:
        connection.execute(sa.text("CREATE TABLE t (x INTEGER)"))
    assert sa.inspect(other).get_table_names() == []
    one.dispose()
    other.dispose()


def test_reference_runs_alembic(reference: Program, tmp_path: Path) -> None:
    done = reference.alembic(tmp_path, "--version")
    assert ALEMBIC_VERSION in done.stdout + done.stderr
    where = reference.python(tmp_path, "-c", "import alembic; print(alembic.__file__)")
    assert "limbeck" not in Path(where.stdout.strip()).parts[-3:]
    assert reference.python(tmp_path, "-c", "import limbeck").returncode != 0


def test_limbeck_runs_limbeck(limbeck: Program, tmp_path: Path) -> None:
    done = limbeck.python(
        tmp_path, "-c", "import alembic.util, limbeck.util as u; print(u is alembic.util)"
    )
    assert done.stdout == "True\n", done.stderr


def test_input_and_environment_reach_the_program(program: Program, tmp_path: Path) -> None:
    code = "import os, sys; print(os.environ['A'], sys.stdin.read())"
    done = program.python(tmp_path, "-c", code, env={"A": "1"}, input="text")
    assert done.stdout == "1 text\n"
