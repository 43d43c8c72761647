"""`squash --verify`: what the old and the new chain make."""

from pathlib import Path

import pytest
from limbeck.config import Config
from limbeck.script.base import ScriptDirectory
from limbeck.squashing.proof import compare_chains
from limbeck.util.exc import CommandError
from support import projects

_TABLE = "op.create_table('t', sa.Column('id', sa.Integer, primary_key=True), sa.Column('a', sa.String(9)), sa.Column('at', sa.String(40)))"
_ROW = "op.execute(\"INSERT INTO t (id, a, at) VALUES ({}, '{}', 'never')\")"
_TIME = "import uuid\nop.execute(f\"INSERT INTO t (id, a, at) VALUES (5, '{}', '{uuid.uuid4()}')\")"


def compared(
    folder: Path, url: str, old: list[str], new: list[str], with_rows: bool = True
) -> tuple[str, ...]:
    scripts: list[ScriptDirectory] = []
    for name, bodies in (("old", old), ("new", new)):
        projects.make(folder / name, url)
        projects.chain(folder / name, len(bodies), dict(enumerate(bodies)))
        scripts.append(ScriptDirectory(str(folder / name / "migrations")))
    config = Config(str(folder / "old" / "alembic.ini"))
    return compare_chains(config, scripts[0], scripts[1], with_rows=with_rows)


def test_same_rows_in_another_order(tmp_path: Path, database_url: str) -> None:
    rows = [_ROW.format(1, "x"), _ROW.format(2, "y")]
    old, new = [_TABLE, *rows], ["\n".join([_TABLE, *rows[::-1]])]
    assert compared(tmp_path, database_url, old, new) == ()


def test_other_catalog(tmp_path: Path, database_url: str) -> None:
    new = _TABLE.replace("sa.String(9)", "sa.String(8)")
    with pytest.raises(CommandError) as found:
        compared(tmp_path, database_url, [_TABLE], [new])
    head, difference = str(found.value).splitlines()
    assert head == "The new revision does not make what the old ones make:"
    assert difference.startswith("  column t.a was ")


@pytest.mark.parametrize(
    ("new", "difference"),
    [
        ([], "table t had 1 row; it has 0 rows"),
        ([_ROW.format(1, "y")], "table t has other values in a"),
        ([_ROW.format(2, "x")], "table t has other values in id"),
    ],
)
def test_other_rows(tmp_path: Path, database_url: str, new: list[str], difference: str) -> None:
    old = [_TABLE, _ROW.format(1, "x")]
    with pytest.raises(CommandError, match=difference):
        compared(tmp_path, database_url, old, [_TABLE, *new])
    assert compared(tmp_path / "2", database_url, old, [_TABLE, *new], with_rows=False) == ()


def test_values_in_other_rows(tmp_path: Path, sqlite_url: str) -> None:
    old = [_TABLE, _ROW.format(1, "x"), _ROW.format(2, "y")]
    new = [_TABLE, _ROW.format(1, "y"), _ROW.format(2, "x")]
    with pytest.raises(CommandError, match="table t has the same values in other rows"):
        compared(tmp_path, sqlite_url, old, new)


def test_value_of_each_run_is_not_compared_but_its_row_is(
    tmp_path: Path, database_url: str
) -> None:
    old = [_TABLE, _TIME.replace("{}", "x")]
    assert compared(tmp_path, database_url, old, old) == ("t.at",)
    with pytest.raises(CommandError, match=r"table t has other values in a$"):
        compared(tmp_path / "2", database_url, old, [_TABLE, _TIME.replace("{}", "y")])
