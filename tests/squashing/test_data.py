"""The statements that change rows, as `squash` lists them."""

from pathlib import Path

import pytest
from limbeck.config import Config
from limbeck.script.base import ScriptDirectory
from limbeck.squashing.data import DataStatement, data_statements
from limbeck.util.exc import CommandError
from support import projects

CHANGES = [
    'op.execute("INSERT INTO t VALUES (1)")',
    'op.execute("""\n  -- a comment\n  update t SET x = 1""")',
    "op.execute(f\"DELETE FROM {op.f('t')}\")",
    'op.execute("CREATE TABLE a (x integer); INSERT INTO a VALUES (1)")',
    'op.execute("WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a")',
    "op.execute(\"SELECT setval('s', 5)\")",
    'op.execute("DO $$ BEGIN NULL; END $$")',
    'op.execute(sa.text("INSERT INTO t VALUES (:x)").bindparams(x=1))',
    'op.execute("UPDATE {} SET x = 1".format("t"))',
    'op.execute("UPDATE %s SET x = 1" % "t")',
    'op.execute("UPDATE " + "t SET x = 1")',
    'sql = "UPDATE t SET x = 1"\nop.execute(sql)',
    "op.execute(sa.table('t', sa.column('x')).update().values(x=1))",
    "op.execute(sa.insert(sa.table('t')).values(x=1))",
    'op.get_bind().execute(sa.text("TRUNCATE t"))',
    'op.get_bind().exec_driver_sql("REPLACE INTO t VALUES (1)")',
    'op.bulk_insert(sa.table("t", sa.column("x")), [{"x": 1}])',
    "from sqlalchemy.orm import Session\nwith Session(op.get_bind()) as s:\n    s.add(object())",
    "session = op.get_bind()\nsession.query(1).filter(2).update({})",
    "op.execute(open('x.sql').read())",
]
OTHERS = [
    'op.execute("CREATE TABLE t (x integer DEFAULT 1)")',
    'op.execute("ALTER TABLE t ADD COLUMN updated integer")',
    'op.execute("CREATE INDEX i ON t (x) -- ; DELETE FROM t")',
    'op.execute("""CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM t; UPDATE t SET x = 1; END $$""")',
    'op.execute("CREATE TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM t; END")',
    'op.execute("SELECT 1")',
    'op.execute("SET lock_timeout = 5")',
    'op.execute("PRAGMA foreign_keys = OFF")',
    "op.execute(\"COMMENT ON TABLE t IS '; UPDATE'\")",
    "op.get_bind().execute(sa.select(sa.literal(1)))",
    "op.execute(sa.schema.CreateSequence(sa.Sequence('s')))",
    "names = set()\nnames.add('x')\n{}.update(a=1)",
    'op.create_table("t", sa.Column("x", sa.Integer))',
]


def found(folder: Path, *bodies: str) -> list[DataStatement]:
    projects.make(folder, "sqlite://")
    names = projects.chain(folder, len(bodies), dict(enumerate(bodies)))
    script = ScriptDirectory(str(folder / "migrations"))
    return data_statements(script, [script.get_revision(name) for name in names])


@pytest.mark.parametrize("body", CHANGES)
def test_change_of_rows_is_found(tmp_path: Path, body: str) -> None:
    assert len(found(tmp_path, body)) == 1


@pytest.mark.parametrize("body", OTHERS)
def test_other_statement_is_not_listed(tmp_path: Path, body: str) -> None:
    assert found(tmp_path, body) == []


def test_function_of_the_file_is_read_if_upgrade_uses_it(tmp_path: Path) -> None:
    assert found(tmp_path, "pass") == []
    file = tmp_path / "migrations" / "versions" / "r0001.py"
    file.write_text(
        "from alembic import op\nrevision = 'r0001'\ndown_revision = None\n\n"
        "def fill():\n    op.execute('DELETE FROM t')\n\n"
        "def unused():\n    op.execute('DELETE FROM t')\n\n"
        "def upgrade():\n    fill()\n\n"
        "def downgrade():\n    op.execute('DELETE FROM t')\n"
    )
    script = ScriptDirectory(str(tmp_path / "migrations"))
    assert data_statements(script, script.walk_revisions()) == [
        DataStatement(str(file), 6, "op.execute('DELETE FROM t')")
    ]


def test_statements_are_in_order_and_shortened(tmp_path: Path) -> None:
    text = "INSERT INTO t VALUES (" + "1, " * 99 + "1)"
    statements = found(tmp_path, f'op.execute("{text}")', "op.execute('DELETE\tFROM t')")
    assert [statement.line for statement in statements] == [11, 11]
    assert statements[0].text == f'op.execute("{text}")'[:100] + "..."
    assert Path(statements[1].file).name == "r0002.py"


def test_file_without_source_is_an_error(tmp_path: Path) -> None:
    found(tmp_path, "pass")
    script = ScriptDirectory.from_config(Config(str(tmp_path / "alembic.ini")))
    revision = script.get_revision("r0001")
    Path(revision.path).write_bytes(b"\0")
    with pytest.raises(CommandError, match=r"Cannot read which data .*r0001\.py changes"):
        data_statements(script, [revision])
