"""What counts as destructive, and `destructive` under [limbeck]."""

import asyncio
from pathlib import Path

import limbeck
import pytest
from alembic import command
from alembic.config import Config
from limbeck import aio
from limbeck.util.exc import CommandError
from support.compare import describe
from support.programs import Program
from support.terminals import run_on_terminal

from .planning import only, unchanged, write

_MADE = "op.create_table('t', sa.Column('id', sa.Integer), sa.Column('a', sa.Integer))"
_REBUILD = """
table = sa.Table("t", sa.MetaData(), sa.Column("id", sa.Integer), sa.Column("a", sa.Integer))
with op.batch_alter_table("t", copy_from=table, recreate="always") as batch:
    batch.drop_column("a")
"""
#: `t` exists already.
_CREATE_ALL = """
metadata = sa.MetaData()
sa.Table("t", metadata, sa.Column("id", sa.Integer))
metadata.create_all(op.get_bind())
op.drop_table("t")
"""
_SWAP = """
op.create_table("new", sa.Column("id", sa.Integer))
op.rename_table("new", "old")
op.rename_table("t", "new")
op.drop_table("new")
op.drop_table("old")
"""
_DROP = "op.drop_column('t', 'a')"


def _losses(config: Config) -> list[str]:
    return [loss.what for loss in only(limbeck.plan(config)).losses]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("op.drop_table('t')", ["drops the table t"]),
        (_DROP, ["drops a of t"]),
        ("op.execute('DROP TABLE IF EXISTS t')", ["drops the table t"]),
        ("op.execute('TRUNCATE TABLE t')", ["empties the table t"]),
        ("op.execute('DELETE FROM t')", ["deletes all rows of t"]),
        ("op.execute('DELETE FROM t WHERE id = 1')", []),
        ("op.execute('DROP SCHEMA s')", ["drops the schema s"]),
        ("op.get_bind().execute(sa.table('t').delete())", ["deletes all rows of t"]),
        ("op.create_index('ix', 't', ['a'])\nop.drop_index('ix', 't')", []),
        ("op.rename_table('t', 'u')\nop.drop_table('u')", ["drops the table u"]),
        ("op.create_table('new', sa.Column('id', sa.Integer))\nop.drop_table('new')", []),
        (
            "op.execute('CREATE TABLE IF NOT EXISTS t (id INTEGER)')\nop.drop_table('t')",
            ["drops the table t"],
        ),
        (
            "op.execute('CREATE TABLE IF NOT EXISTS new (id INTEGER)')\nop.drop_table('new')",
            [],
        ),
        (
            _CREATE_ALL,
            ["drops the table t"],
        ),
        (
            _SWAP,
            ["drops the table new"],
        ),
        ("op.get_bind().scalar(sa.text('SELECT 1'))\nop.drop_table('t')", ["drops a table"]),
        (_REBUILD, ["rebuilds t without a"]),
        (
            "with op.batch_alter_table('t', recreate='always') as batch:\n    batch.drop_column('a')",
            ["drops a column"],
        ),
    ],
)
def test_losses_of_a_body(sqlite_url: str, tmp_path: Path, body: str, expected: list[str]) -> None:
    config = write(tmp_path, sqlite_url, [_MADE, body])
    command.upgrade(config, "r0001")
    assert _losses(config) == expected


def test_tables_of_the_plan_itself_are_nobodys(database_url: str, tmp_path: Path) -> None:
    """A new database goes through the whole history without a question."""
    bodies = [_MADE, _DROP, "op.rename_table('t', 'u')", "op.drop_table('u')"]
    config = write(tmp_path, database_url, bodies, destructive="refuse")
    assert _losses(config) == []
    command.upgrade(config, "heads")


@pytest.mark.parametrize("setting", ["refuse", "ask"])
def test_destructive_run_is_refused(database_url: str, tmp_path: Path, setting: str) -> None:
    config = write(tmp_path, database_url, [_MADE, "pass", _DROP], destructive=setting)
    command.upgrade(config, "r0001")
    with (
        unchanged(lambda: describe(database_url)),
        pytest.raises(CommandError, match=r"r0003 drops a of t \(.*r0003\.py:11\)"),
    ):
        command.upgrade(config, "heads")
    command.upgrade(config, "r0002")
    with pytest.raises(CommandError, match=r"hint: .* `--allow-destructive r0003`"):
        limbeck.upgrade(config, allow_destructive=["r0002"])
    assert limbeck.upgrade(config, allow_destructive=["heads"]).heads == ("r0003",)


def test_unknown_revision_is_not_allowed(sqlite_url: str, tmp_path: Path) -> None:
    config = write(tmp_path, sqlite_url, [_MADE, _DROP], destructive="refuse")
    command.upgrade(config, "r0001")
    with pytest.raises(CommandError, match="Can't locate revision"):
        limbeck.upgrade(config, allow_destructive=["nowhere"])


def test_downgrade_is_destructive_where_it_drops(database_url: str, tmp_path: Path) -> None:
    config = write(tmp_path, database_url, [_MADE], destructive="refuse")
    file = tmp_path / "migrations" / "versions" / "r0001.py"
    file.write_text(file.read_text().replace("    pass\n", "    op.drop_table('t')\n"))
    command.upgrade(config, "heads")
    with pytest.raises(CommandError, match="r0001 drops the table t"):
        command.downgrade(config, "base")

    async def run() -> tuple[str, ...]:
        return (await aio.downgrade(config, "base", allow_destructive=["r0001"])).heads

    assert asyncio.run(run()) == ()


def test_stamp_is_not_destructive(sqlite_url: str, tmp_path: Path) -> None:
    config = write(tmp_path, sqlite_url, [_MADE, _DROP], destructive="refuse")
    command.stamp(config, "heads")
    command.stamp(config, "base", purge=True)


def test_script_is_not_refused(
    sqlite_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = write(tmp_path, sqlite_url, [_MADE, _DROP], destructive="refuse")
    command.upgrade(config, "r0001:heads", sql=True)
    assert "DROP COLUMN a" in capsys.readouterr().out


@pytest.mark.parametrize(("answer", "status"), [("yes", 0), ("no", 255), ("", 255)])
def test_question_on_a_terminal(
    limbeck: Program, sqlite_url: str, tmp_path: Path, answer: str, status: int
) -> None:
    config = write(tmp_path, sqlite_url, [_MADE, _DROP], destructive="ask")
    command.upgrade(config, "r0001")
    shown, _, found = run_on_terminal(limbeck, tmp_path, "upgrade", "head", answer=answer)
    assert "r0002 drops a of t" in shown
    assert found == status, shown
    assert limbeck.alembic(tmp_path, "current").stdout.split()[0] == (
        "r0002" if answer == "yes" else "r0001"
    )


def test_no_terminal_is_a_refusal(limbeck: Program, sqlite_url: str, tmp_path: Path) -> None:
    config = write(tmp_path, sqlite_url, [_MADE, _DROP], destructive="ask")
    command.upgrade(config, "r0001")
    refused = limbeck.alembic(tmp_path, "upgrade", "head", input="yes\n")
    assert refused.returncode == 255
    assert "This run is destructive" in refused.stdout
    done = limbeck.alembic(tmp_path, "upgrade", "head", "--allow-destructive", "r0001,r0002")
    assert done.returncode == 0, done.stderr


def test_rest_of_a_partly_known_step_is_named(
    limbeck: Program, sqlite_url: str, tmp_path: Path
) -> None:
    body = "op.get_bind().scalar(sa.text('SELECT 1'))\nop.execute('SELECT 2')"
    write(tmp_path, sqlite_url, [body], destructive="refuse")
    done = limbeck.alembic(tmp_path, "upgrade", "head")
    assert done.returncode == 0
    assert "revision r0001 is partly known before it runs" in done.stderr


def test_setting_is_checked(sqlite_url: str, tmp_path: Path) -> None:
    config = write(tmp_path, sqlite_url, [_MADE], destructive="maybe")
    with pytest.raises(CommandError, match=r"'destructive' in .* is not allow, ask or refuse"):
        command.upgrade(config, "heads")
