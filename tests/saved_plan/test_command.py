"""`alembic plan`: its formats and exit statuses."""

import json
from pathlib import Path

import pytest
from limbeck.saved_plan.file import as_json, read_plan
from limbeck.saved_plan.make import make_plan
from limbeck.saved_plan.output import FORMATS
from limbeck.saved_plan.values import as_json_value
from psycopg.types.json import Jsonb
from support.programs import Program

from .planning import write

_ACCOUNT = (
    "op.create_table('account', sa.Column('id', sa.Integer), sa.Column('email', sa.String(50)))"
)
_BODIES = [
    _ACCOUNT,
    "op.bulk_insert(sa.table('account', sa.column('email')), [{'email': \"it's `a`\"}])",
    "op.drop_column('account', 'email')",
    "op.get_bind().scalar(sa.text('SELECT 1'))\nop.drop_table('account')",
]


def _status(program: Program, folder: Path, *arguments: str) -> int:
    return program.alembic(folder, "plan", "--detailed-exitcode", *arguments).returncode


def test_exit_status_says_what_is_pending(
    limbeck: Program, sqlite_url: str, tmp_path: Path
) -> None:
    write(tmp_path, sqlite_url, [_ACCOUNT, "pass", _BODIES[2]])
    limbeck.alembic(tmp_path, "upgrade", "r0001")
    assert limbeck.alembic(tmp_path, "plan").returncode == 0
    assert _status(limbeck, tmp_path, "r0002") == 3
    assert _status(limbeck, tmp_path) == 4
    assert _status(limbeck, tmp_path, "base") == 3
    assert _status(limbeck, tmp_path, "-1") == 3
    limbeck.alembic(tmp_path, "upgrade", "head")
    assert _status(limbeck, tmp_path) == 0
    assert _status(limbeck, tmp_path, "--downgrade", "r0002") == 3
    assert _status(limbeck, tmp_path, "nowhere") == 255
    limbeck.alembic(tmp_path, "stamp", "r0001")
    (tmp_path / "migrations" / "env.py").write_text("raise SystemError('no')\n")
    assert _status(limbeck, tmp_path) == 1


def test_formats(limbeck: Program, sqlite_url: str, tmp_path: Path) -> None:
    write(tmp_path, sqlite_url, _BODIES)
    limbeck.alembic(tmp_path, "upgrade", "r0001")
    made = limbeck.alembic(tmp_path, "plan", "--format", "json", "-o", "plan.json")
    assert made.stderr.endswith("wrote plan.json\n")
    assert json.loads(made.stdout)["version"] == 1
    text = limbeck.alembic(tmp_path, "plan").stdout
    file = "migrations/versions/r{}.py"
    assert f"r0002  rev r0002  ({file.format('0002')})" in text
    assert "     11  INSERT INTO account (email) VALUES (?)" in text
    assert (
        f"{file.format('0004')}:11: partly known: the body reads the result of a statement" in text
    )
    assert "Destructive:\n  r0003 drops email of account" in text
    assert "3 revisions, 3 statements, 2 destructive" in text
    markdown = limbeck.alembic(tmp_path, "plan", "--format", "markdown").stdout
    assert "### `r0003` rev r0003" in markdown
    sql = limbeck.alembic(tmp_path, "plan", "--format", "sql", "r0003").stdout
    plain = [line for line in sql.splitlines() if line and not line.startswith("--")]
    assert plain[0] == "BEGIN;"
    assert "ALTER TABLE account DROP COLUMN email;" in plain
    assert plain[-1] == "COMMIT;"
    assert limbeck.alembic(tmp_path, "plan", "--no-lint").stdout.count("Lint:") == 0


def test_code_block_ends_where_the_statement_ends(
    limbeck: Program, sqlite_url: str, tmp_path: Path
) -> None:
    write(tmp_path, sqlite_url, ["op.execute(\"SELECT '```'\")"])
    markdown = limbeck.alembic(tmp_path, "plan", "--format", "markdown").stdout
    assert "````sql\n-- line 11\nSELECT '```';\n````" in markdown


@pytest.mark.parametrize("name", ["markdown", "sql"])
@pytest.mark.parametrize(
    ("sql", "shown"),
    [
        ("DROP VIEW v", "DROP VIEW v;"),
        ("DROP VIEW v;", "DROP VIEW v;"),
        ("SELECT 1 -- one", "SELECT 1 -- one\n;"),
        ("", ";"),
    ],
)
def test_statement_has_one_semicolon(
    sqlite_url: str, tmp_path: Path, name: str, sql: str, shown: str
) -> None:
    config = write(tmp_path, sqlite_url, [f"op.execute({sql!r})"])
    lines = FORMATS[name](make_plan(config, "heads")).splitlines()
    start = next(number for number, line in enumerate(lines) if line.endswith("11")) + 1
    length = len(shown.splitlines())
    assert lines[start : start + length] == shown.splitlines()


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_shows_nothing_to_do(
    limbeck: Program, sqlite_url: str, tmp_path: Path, name: str
) -> None:
    write(tmp_path, sqlite_url, ["pass"])
    limbeck.alembic(tmp_path, "upgrade", "head")
    shown = limbeck.alembic(tmp_path, "plan", "--format", name)
    assert shown.returncode == 0, shown.stderr
    assert "othing to do" in shown.stdout or '"steps": []' in shown.stdout


def test_failed_write_leaves_the_old_plan(
    limbeck: Program, sqlite_url: str, tmp_path: Path
) -> None:
    write(tmp_path, sqlite_url, ["pass"])
    refused = limbeck.alembic(tmp_path, "plan", "-o", "absent/plan.json")
    assert refused.returncode == 255
    assert "Cannot write absent/plan.json" in refused.stderr
    limbeck.alembic(tmp_path, "plan", "-o", "plan.json")
    assert as_json(read_plan(str(tmp_path / "plan.json"))) == (tmp_path / "plan.json").read_text()


def test_values_that_json_has_not() -> None:
    import datetime
    import decimal
    import uuid

    day = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
    values = {
        "none": None,
        "bytes": b"\x00\xff",
        "moment": day,
        "day": day.date(),
        "number": decimal.Decimal("1.50"),
        "id": uuid.UUID(int=1),
        "infinite": float("inf"),
        "wrapped": Jsonb({"a": [1]}),
        "object": object(),
        "nested": (1, [2.5, {3: True}]),
    }
    assert json.loads(json.dumps(as_json_value(values))) == {
        "none": None,
        "bytes": "0x00ff",
        "moment": "2026-01-02 03:04:05+00:00",
        "day": "2026-01-02",
        "number": "1.50",
        "id": "00000000-0000-0000-0000-000000000001",
        "infinite": "inf",
        "wrapped": {"a": [1]},
        "object": "<object object>",
        "nested": [1, [2.5, {"3": True}]],
    }
