"""Each upgrade is also rendered as `--sql` does, unless it needs a database."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from limbeck.config import Config
from limbeck.script.base import ScriptDirectory
from limbeck.verify import Report, verify
from support import projects
from support.compare import describe
from support.reversible import FIRST, Body, right_chain, write


def verified(config: Config) -> Report:
    script = ScriptDirectory.from_config(config)
    return verify(config, script, [s.revision for s in script.walk_revisions()])


_WITHOUT_LITERAL = """\
t = sa.table('t', sa.column('id', sa.Integer), sa.column('a', sa.PickleType))
op.execute(t.insert().values(id=7, a=None))
if op.get_context().as_sql:
    op.execute(t.insert().values(id=7, a={}))"""


@pytest.mark.parametrize(
    ("body", "line", "expected"),
    [
        (
            _WITHOUT_LITERAL,
            12,
            "upgrade() with --sql fails: ",
        ),
        (
            "from alembic import context\nif context.is_offline_mode():\n    raise ValueError('never')",
            11,
            "upgrade() with --sql fails: ValueError: never",
        ),
    ],
    ids=["literal", "refuses"],
)
def test_failure_of_sql_is_found(
    database_url: str, tmp_path: Path, body: str, line: int, expected: str
) -> None:
    down = "op.execute('DELETE FROM t')"
    report = verified(
        write(tmp_path, database_url, [FIRST, Body(body, down), Body("pass", "pass")])
    )
    (finding,) = report.findings
    assert finding.message.startswith(expected)
    assert (finding.phase, finding.revision, finding.line) == ("offline", "r0002", line)
    assert report.verified == ("r0001", "r0003")
    assert report.stopped_at is None


_READS = [
    "rows = op.get_bind().execute(sa.text('SELECT id FROM t')).fetchall()\nassert rows == []",
    "assert op.get_bind().scalar(sa.text('SELECT 1')) == 1",
    "assert sa.inspect(op.get_bind()).has_table('t')",
    "with sa.create_engine({url!r}).connect() as other:\n    other.execute(sa.text('SELECT 1'))",
    "assert sa.inspect(op.get_bind()).dialect.name",
    "import sqlalchemy.orm as orm\nassert orm.Session(op.get_bind()).execute(sa.text('SELECT 1')).scalar() == 1",
    "with op.batch_alter_table('t') as batch:\n    batch.alter_column('b', existing_type=sa.Integer, nullable=True)",
]


@pytest.mark.parametrize("body", _READS)
def test_body_that_needs_a_database_is_no_finding(
    database_url: str, tmp_path: Path, body: str
) -> None:
    body = body.replace("{url!r}", repr(database_url))
    report = verified(write(tmp_path, database_url, [FIRST, Body(body, "pass")]))
    assert report.findings == ()


def test_body_with_a_way_for_each_mode(database_url: str, tmp_path: Path) -> None:
    body = (
        "if op.get_context().as_sql:\n    op.execute('SELECT 1')\n"
        "else:\n    assert op.get_bind().execute(sa.text('SELECT 1')).scalar() == 1"
    )
    report = verified(write(tmp_path, database_url, [FIRST, Body(body, "pass")]))
    assert report.findings == ()


def test_nothing_is_executed(database_url: str, tmp_path: Path) -> None:
    """Not even by an engine of the body."""
    seen = tmp_path / "seen"
    body = (
        f"with open({str(seen)!r}, 'a') as file:\n    file.write(f'{{op.get_context().as_sql}}\\n')\n"
        "op.execute('INSERT INTO t (id) VALUES (7)')\n"
        f"if op.get_context().as_sql:\n    engine = sa.create_engine({database_url!r})\n"
        "    with engine.begin() as own:\n        own.execute(sa.text('INSERT INTO t (id) VALUES (8)'))"
    )
    check = "assert op.get_bind().scalar(sa.text('SELECT count(*) FROM t')) == 1"
    config = write(
        tmp_path / "p",
        database_url,
        [FIRST, Body(body, "op.execute('DELETE FROM t')"), Body(check, "pass")],
    )
    before = describe(database_url)
    assert verified(config).findings == ()
    assert seen.read_text().split() == ["False", "True", "False"]
    assert describe(database_url) == before


def test_context_is_the_same_afterwards(sqlite_url: str, tmp_path: Path) -> None:
    """env.py goes on with its own context."""
    env = projects.GENERIC.replace(
        "            context.run_migrations()\n",
        "            context.run_migrations()\n"
        "            assert not context.is_offline_mode()\n"
        "            assert context.get_bind() is connection\n",
    )
    assert verified(write(tmp_path, sqlite_url, right_chain(3), env)).findings == ()


def test_arguments_of_the_run_are_passed(sqlite_url: str, tmp_path: Path) -> None:
    env = projects.GENERIC.replace("context.run_migrations()", "context.run_migrations(tenant='a')")
    config = write(tmp_path, sqlite_url, [FIRST], env)
    file = tmp_path / "migrations" / "versions" / "r0001.py"
    file.write_text(file.read_text().replace("grade():", "grade(tenant):"))
    assert verified(config).findings == ()
    engine = sa.create_engine(sqlite_url)
    assert sa.inspect(engine).get_table_names() == []
    engine.dispose()
