"""`--json` prints one object that the schema describes, after errors too, and `history` has two short forms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.programs import Completed, Program

jsonschema: Any = pytest.importorskip("jsonschema", reason="pip install jsonschema")

_ROOT = Path(__file__).parents[2]
_SCHEMA = json.loads((_ROOT / "docs" / "schemas" / "commands.schema.json").read_text("utf-8"))
_MODELS = """
import sqlalchemy as sa

metadata = sa.MetaData()
sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.String(9), index=True))
sa.Table("new", metadata, sa.Column("id", sa.Integer, primary_key=True))
"""
_FIRST = """
    op.create_table("t", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("n", sa.String(5), nullable=False))
    op.create_index("old", "t", ["n"])
"""


@pytest.fixture
def folder(limbeck: Program, tmp_path: Path) -> Path:
    """A project whose second revision fails, below a merge of two branches, one of which has a label."""
    limbeck.alembic(tmp_path, "init", "migrations")
    ini = tmp_path / "alembic.ini"
    text = ini.read_text()
    ini.write_text(text.replace("driver://user:pass@localhost/dbname", "sqlite:///app.db"))
    env = tmp_path / "migrations" / "env.py"
    env.write_text(
        "print('from env.py')\nimport models\n"
        + env.read_text().replace("target_metadata = None", "target_metadata = models.metadata")
    )
    (tmp_path / "models.py").write_text(_MODELS)
    for id_, parent, more in (
        ("1a", None, ""),
        ("2b", "1a", "branch_labels = 'left'\n"),
        ("2c", "1a", ""),
        ("3d", ("2b", "2c"), ""),
    ):
        body = {"1a": _FIRST, "2c": "    raise ValueError('no')"}.get(id_, "    pass")
        (tmp_path / "migrations" / "versions" / f"{id_}.py").write_text(
            f'"""Message of {id_}\n\nMore."""\n\nimport sqlalchemy as sa\nfrom alembic import op\n\n'
            f"revision = {id_!r}\ndown_revision = {parent!r}\n{more}\n\n"
            f"def upgrade():\n{body}\n\n\ndef downgrade():\n    pass\n"
        )
    return tmp_path


def _object(result: Completed) -> Any:
    value = json.loads(result.stdout)
    jsonschema.Draft202012Validator(_SCHEMA).validate(value)
    return value


def test_listings(limbeck: Program, folder: Path) -> None:
    def listed(*arguments: str) -> Any:
        return _object(limbeck.alembic(folder, *arguments, "--json"))["revisions"]

    history = {one["revision"]: one for one in listed("history")}
    assert list(history) == ["3d", "2c", "2b", "1a"] or list(history) == ["3d", "2b", "2c", "1a"]
    assert [history["3d"]["down_revisions"], history["3d"]["is_merge_point"]] == [
        ["2b", "2c"],
        True,
    ]
    assert history["2b"]["branch_labels"] == ["left"]
    assert history["1a"]["next_revisions"] == ["2b", "2c"]
    assert history["1a"]["message"] == "Message of 1a"
    assert {one["applied"] for one in history.values()} == {None}
    assert [one["revision"] for one in listed("heads")] == ["3d"]
    assert [one["revision"] for one in listed("branches")] == ["1a"]
    assert [one["revision"] for one in listed("show", "2b")] == ["2b"]
    assert listed("current") == []
    assert [one["revision"] for one in listed("history", "-r", "1a:2b")] == ["2b", "1a"]


def test_runs(limbeck: Program, folder: Path) -> None:
    first = _object(limbeck.alembic(folder, "upgrade", "2b", "--json"))
    assert [step["revision"] for step in first["steps"]] == ["1a", "2b"]
    assert first["heads"] == ["2b"]
    assert _object(limbeck.alembic(folder, "upgrade", "2b", "--json"))["steps"] == []
    listed = _object(limbeck.alembic(folder, "history", "-i", "--json"))["revisions"]
    assert {one["revision"]: (one["applied"], one["current"]) for one in listed} == {
        "3d": (False, False),
        "2c": (False, False),
        "2b": (True, True),
        "1a": (True, False),
    }
    back = _object(limbeck.alembic(folder, "downgrade", "-1", "--json"))
    assert [(step["direction"], step["revision"]) for step in back["steps"]] == [
        ("downgrade", "2b")
    ]
    stamped = _object(limbeck.alembic(folder, "stamp", "base", "--json"))
    assert [stamped["steps"][0]["revision"], stamped["heads"]] == [None, []]


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        (("upgrade", "2c"), "ValueError", "ValueError: no"),
        (("upgrade", "9z"), "CommandError", "Can't locate revision identified by '9z'"),
        (("show", "9z"), "CommandError", "Can't locate revision identified by '9z'"),
        (("check",), "CommandError", "Target database is not up to date."),
        (("current", "-c"), "DatabaseNotAtHead", "Database is not on all head revisions"),
        (
            ("upgrade", "head", "--sql"),
            "CommandError",
            "--json and --sql both write to standard output",
        ),
    ],
)
def test_errors(
    limbeck: Program, folder: Path, arguments: tuple[str, ...], kind: str, message: str
) -> None:
    """The exit status is that of the command without `--json`, and the message is on standard error too."""
    result = limbeck.alembic(folder, *arguments, "--json")
    error = _object(result)["error"]
    assert [error["type"], error["message"]] == [kind, message]
    assert message in result.stderr
    if "--sql" not in arguments:
        assert result.returncode == limbeck.alembic(folder, *arguments).returncode != 0


def test_differences(limbeck: Program, folder: Path) -> None:
    limbeck.alembic(folder, "upgrade", "1a")
    limbeck.alembic(folder, "stamp", "heads")
    result = limbeck.alembic(folder, "check", "--json")
    assert result.returncode == 255
    found = _object(result)["differences"]
    assert {(one["kind"], one["table"], one["name"]) for one in found} == {
        ("add_table", "new", None),
        ("remove_index", "t", "old"),
        ("add_index", "t", "ix_t_n"),
        ("modify_nullable", "t", "n"),
        ("modify_type", "t", "n"),
    }
    (nullable,) = (one for one in found if one["kind"] == "modify_nullable")
    assert [nullable["before"], nullable["after"]] == [False, True]
    (type_,) = (one for one in found if one["kind"] == "modify_type")
    assert [type_["before"], type_["after"]] == ["VARCHAR(length=5)", "String(length=9)"]


def test_failing_check_lists_the_heads(limbeck: Program, folder: Path) -> None:
    versions = folder / "migrations" / "versions"
    (versions / "3d.py").unlink()
    with_label = versions / "2b.py"
    with_label.write_text(with_label.read_text().replace("branch_labels", "unused"))
    result = limbeck.alembic(folder, "heads", "--check", "--json")
    assert result.returncode == 1
    assert "2 heads: 2b, 2c" in result.stderr
    assert [one["revision"] for one in _object(result)["revisions"]] == ["2b", "2c"]


def test_short_forms(limbeck: Program, folder: Path) -> None:
    lines = limbeck.alembic(folder, "history", "--oneline").stdout.splitlines()
    assert lines[0] == "3d (head) Message of 3d"
    assert "2b (left) Message of 2b" in lines
    assert lines[-1] == "1a Message of 1a"
    limbeck.alembic(folder, "upgrade", "1a")
    marked = limbeck.alembic(folder, "history", "--oneline", "-i").stdout
    assert "1a (current) Message of 1a" in marked
    drawn = limbeck.alembic(folder, "history", "--graph")
    assert drawn.stdout == limbeck.alembic(folder, "graph").stdout
