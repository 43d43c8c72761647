"""The rendered plan: the statements of a run, before it, without a database."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from .rendering import (
    one,
    rendered,
    rendered_and_executed,
    shuffled_bodies,
    statements,
    write,
)

_URLS = [
    "postgresql+psycopg://user@host/shop",
    "postgresql+psycopg2://user@host/shop",
    "postgresql+asyncpg://user@host/shop",
    "mysql+pymysql://user@host/shop",
    "mysql+aiomysql://user@host/shop",
    "sqlite:///shop.db",
    "sqlite+aiosqlite:///shop.db",
    # Drivers that are not installed.
    "mssql+pyodbc://user@host/shop",
    "oracle+oracledb://user@host/shop",
]


@pytest.fixture(params=range(4))  # tests/random has more
def seed(request: pytest.FixtureRequest) -> int:
    number: int = request.param
    return number


@pytest.mark.parametrize("per_migration", [False, True])
def test_rendered_statements_are_those_of_the_driver(
    database_url: str, tmp_path: Path, seed: int, per_migration: bool
) -> None:
    directory = write(tmp_path / "p", database_url, shuffled_bodies(seed))
    plan, executed = rendered_and_executed(
        directory, database_url, transaction_per_migration=per_migration
    )
    assert all(step.is_certain for step in plan), plan
    assert statements(plan) == executed


@pytest.mark.parametrize("url", _URLS)
def test_driver_needs_no_database(tmp_path: Path, url: str) -> None:
    body = (
        "op.create_table('t', sa.Column('id', sa.Integer, primary_key=True), sa.Column('n', sa.String(9)))\n"
        "t = sa.Table('t', sa.MetaData(), sa.Column('id', sa.Integer, primary_key=True), sa.Column('n', sa.String(9)))\n"
        "op.bulk_insert(t, [{'id': 1, 'n': 'a'}, {'id': 2, 'n': 'b'}])\n"
        "op.get_bind().execute(t.insert().values(n='c'))\n"
        "op.get_bind().execute(t.update().values(n='d'))\n"
        "with op.get_context().autocommit_block():\n"
        "    op.execute('SELECT 1')\n"
    )
    step = one(tmp_path / "p", body, url)
    assert step.is_certain, step.unrendered
    # SQL Server has SET IDENTITY_INSERT besides; the one after the INSERT is not rendered.
    assert len(step.statements) == (6 if url.startswith("mssql") else 5)
    assert step.version_statements[0].sql.startswith("INSERT INTO alembic_version")


def test_lines_are_those_of_the_calls(tmp_path: Path) -> None:
    body = (
        "def add(name):\n"
        "    op.add_column('t', sa.Column(name, sa.Integer))\n"
        "op.create_table('t', sa.Column('a', sa.Integer, index=True))\n"
        "for name in ('b', 'c'):\n"
        "    add(name)\n"
        "with op.batch_alter_table('t') as batch:\n"
        "    batch.add_column(\n"
        "        sa.Column('d', sa.Integer))\n"
        "    batch.drop_column('b')\n"
        "op.get_bind().execute(sa.text('DELETE FROM t'))\n"
    )
    step = one(tmp_path / "p", body)
    first = Path(step.path).read_text().splitlines().index("    def add(name):") + 1
    lines = [None if s.line is None else s.line - first for s in step.statements]
    assert lines == [2, 2, 1, 1, 6, 8, 9]
    names = [type(s.operation).__name__ for s in step.statements]
    assert names[-3:] == ["AddColumnOp", "DropColumnOp", "NoneType"]


def test_rebuild_has_the_line_of_its_batch(tmp_path: Path) -> None:
    body = (
        "table = sa.Table('t', sa.MetaData(), sa.Column('a', sa.Integer), sa.Column('b', sa.Integer))\n"
        "with op.batch_alter_table('t', copy_from=table, recreate='always') as batch:\n"
        "    batch.drop_column('b')\n"
    )
    step = one(tmp_path / "p", body, "sqlite:///shop.db")
    assert step.is_certain
    lines = {statement.line for statement in step.statements}
    assert lines == {
        Path(step.path).read_text().splitlines().index(f"    {body.splitlines()[1]}") + 1
    }


def test_checkfirst_makes_a_statement_conditional(tmp_path: Path) -> None:
    body = (
        "from sqlalchemy.dialects import postgresql\n"
        "postgresql.ENUM('x', name='e').create(op.get_bind(), checkfirst=True)\n"
        "op.drop_table('t')\n"
    )
    step = one(tmp_path / "p", body)
    assert [s.is_conditional for s in step.statements] == [True, False]
    assert step.unrendered is None
    assert not step.is_certain


@pytest.mark.parametrize(
    "question",
    [
        "op.get_bind().execute(sa.text('SELECT 1')).scalar()",
        "op.get_bind().scalar(sa.text('SELECT 1'))",
        "for row in op.get_bind().execute(sa.text('SELECT 1')): pass",
        "list(op.get_bind().execute(sa.text('SELECT 1')))",
        "op.get_bind().execute(sa.text('DELETE FROM t')).rowcount",
        "sa.inspect(op.get_bind()).has_table('t')",
        "op.get_bind().connection.cursor().execute('x')",
        "op.get_bind().connection.driver_connection.execute('x')",
        "from sqlalchemy.orm import Session\nSession(op.get_bind()).execute(sa.text('SELECT 1')).all()",
        "sa.Table('t', sa.MetaData(), autoload_with=op.get_bind())",
    ],
)
@pytest.mark.parametrize("is_caught", [False, True])
def test_question_ends_the_rendering(tmp_path: Path, question: str, is_caught: bool) -> None:
    lines = ["op.drop_table('before')", *question.splitlines(), "op.drop_table('after')"]
    if is_caught:
        lines = [
            lines[0],
            "try:",
            *(f"    {line}" for line in lines[1:-1]),
            "except Exception:",
            "    pass",
            lines[-1],
        ]
    step = one(tmp_path / "p", "\n".join(lines))
    assert step.statements[0].sql.split() == ["DROP", "TABLE", "before"]
    assert not any("after" in statement.sql for statement in step.statements)
    assert step.unrendered is not None
    assert step.unrendered.reason.startswith("the body ")
    text = Path(step.path).read_text().splitlines()
    assert step.unrendered.line is not None
    assert question.splitlines()[-1] in text[step.unrendered.line - 1]
    assert step.unrendered.calls[-1] == ("drop_table", len(text) - 3)


def test_error_of_the_body_ends_the_rendering(tmp_path: Path) -> None:
    step = one(tmp_path / "p", "op.drop_table('t')\nraise ValueError('no')")
    assert len(step.statements) == 1
    assert step.unrendered is not None
    assert step.unrendered.reason == "ValueError: no"


def test_later_steps_are_rendered(tmp_path: Path) -> None:
    url = "postgresql+psycopg://user@host/shop"
    bodies = ["op.get_bind().scalar(sa.text('SELECT 1'))", "op.drop_table('t')"]
    plan = rendered(write(tmp_path / "p", url, bodies), url)
    assert [step.unrendered is None for step in plan] == [False, True]
    assert "r0002" in plan[1].version_statements[0].sql


def test_transactions_are_numbered(tmp_path: Path) -> None:
    url = "postgresql+psycopg://user@host/shop"
    body = "op.drop_table('a')\nwith op.get_context().autocommit_block():\n    op.drop_table('b')\nop.drop_table('c')"
    directory = write(tmp_path / "p", url, [body, "op.drop_table('d')"])

    def numbers(**options: Any) -> list[list[int | None]]:
        return [
            [s.transaction for s in (*step.statements, *step.version_statements)]
            for step in rendered(directory, url, **options)
        ]

    assert numbers() == [[1, None, 2, 2], [2, 2]]
    assert numbers(transaction_per_migration=True) == [[1, None, 2, 2], [3, 3]]


def test_context_of_the_run_is_not_used(tmp_path: Path) -> None:
    """`alembic.context` leads to the rendering, so that a body cannot reach the database through it."""
    url = f"sqlite:///{tmp_path / 'real.db'}"
    body = "from alembic import context\ncontext.execute('CREATE TABLE made (a INTEGER)')"
    directory = write(tmp_path / "p", url, [body])
    plan, executed = rendered_and_executed(directory, url)
    assert statements(plan) == executed
    engine = sa.create_engine(url)
    assert sa.inspect(engine).get_table_names() == ["alembic_version", "made"]
