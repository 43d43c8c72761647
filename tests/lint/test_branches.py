"""Revisions of two branches that change the same table."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from limbeck.config import Config
from limbeck.lint.rule import all_rules
from support.programs import Program

from .linting import URLS, add_revision, check, check_body, names, write

_TABLE = 'op.create_table("account", sa.Column("id", sa.Integer))'
_ADD = 'op.add_column("account", sa.Column("a", sa.Integer))'
_UPDATE = 'op.execute("UPDATE account SET id = 1 WHERE id = 2")'
_RULE = "two-branches-one-table"


@pytest.mark.parametrize(
    ("one", "two", "is_found"),
    [
        (_ADD, _UPDATE, True),
        (_UPDATE, _ADD, True),
        (_UPDATE, _UPDATE, False),
        (_ADD, 'op.rename_table("account", "user")', True),
        (
            'op.rename_table("account", "user")',
            'op.create_table("user", sa.Column("a", sa.Integer))',
            True,
        ),
        (_ADD, 'op.add_column("other", sa.Column("a", sa.Integer))', False),
        (_ADD, "pass", False),
    ],
)
def test_pair(tmp_path: Path, one: str, two: str, is_found: bool) -> None:
    report = check_body(tmp_path / "p", one, _TABLE, beside=two, select=(_RULE,))
    assert names(report) == [_RULE] * is_found


def test_finding_is_at_the_later_revision(tmp_path: Path) -> None:
    report = check_body(tmp_path / "p", _ADD, _TABLE, beside=f"pass\n{_ADD}", select=(_RULE,))
    (finding,) = report.findings
    places = {"r0002": ("r0003", 10), "r0003": ("r0002", 11)}
    other, line = places[finding.revision]
    assert finding.line == line
    assert finding.message.startswith(f"changes account, as {other} of another branch does")


def branches(folder: Path) -> Config:
    """Write two branches of two revisions after r0001, and a merge."""
    config = write(folder, URLS["postgresql"], _TABLE)
    for name, down in (("a1", "r0001"), ("a2", "a1"), ("b1", "r0001"), ("b2", "b1")):
        add_revision(folder, name, down, _ADD if name in ("a2", "b1") else "pass")
    path = add_revision(folder, "m1", "a2", _ADD)
    path.write_text(path.read_text().replace("= 'a2'", "= ('a2', 'b2')"))
    return config


def test_revisions_of_one_branch_and_a_merge_are_ordered(tmp_path: Path) -> None:
    config = branches(tmp_path / "p")
    assert [f.revision in ("a2", "b1") for f in check(config, select=(_RULE,)).findings] == [True]
    assert names(check(config, "a2:heads", select=(_RULE,))) == []
    assert names(check(config, "a1:a2", select=(_RULE,))) == []


def test_ancestor_of_an_ancestor_may_be_the_dependency(tmp_path: Path) -> None:
    config = branches(tmp_path / "p")
    path = tmp_path / "p" / "migrations" / "versions" / "a1.py"
    path.write_text(path.read_text().replace("depends_on = None", "depends_on = 'b2'"))
    assert names(check(config, select=(_RULE,))) == []


def test_revisions_without_a_common_ancestor_are_no_branches(tmp_path: Path) -> None:
    """Such as a second base, which makes the tables of the first line in one step."""
    config = write(tmp_path / "p", URLS["postgresql"], _TABLE, _ADD)
    add_revision(tmp_path / "p", "s1", None, _TABLE)
    add_revision(tmp_path / "p", "s2", "s1", _ADD)
    assert names(check(config, select=(_RULE,))) == []


@pytest.mark.parametrize("first", ["r0002", "r0003"])
def test_dependency_decides_the_order_for_every_database(
    first: str, limbeck: Program, tmp_path: Path, postgresql_url: str
) -> None:
    """Whichever revision is asked for first, the result is that of the right example."""
    example = all_rules()[_RULE].example
    write(tmp_path / "p", postgresql_url, example.before, example.right)
    add_revision(tmp_path / "p", "r0003", "r0001", example.beside)
    for target in (first, "heads"):
        done = limbeck.alembic(tmp_path / "p", "upgrade", target)
        assert done.returncode == 0, done.stderr
    engine = sa.create_engine(postgresql_url)
    columns = {c["name"]: c["default"] for c in sa.inspect(engine).get_columns("account")}
    engine.dispose()
    assert columns["email"] == "'unknown'::character varying"
