"""Batch mode: its operations have their lines, and a rebuild is no drop of the table."""

from pathlib import Path

import pytest

from .linting import check_body, names

_TABLE = (
    'op.create_table("account", sa.Column("id", sa.Integer), sa.Column("email", sa.String(50)))'
)
_COPY = (
    'table = sa.Table("account", sa.MetaData(), sa.Column("id", sa.Integer), sa.Column("email", sa.String(50)))\n'
    'with op.batch_alter_table("account", copy_from=table, recreate="always") as batch:\n'
)


def test_operation_of_a_batch_has_its_line(tmp_path: Path) -> None:
    body = 'with op.batch_alter_table("account") as batch:\n    batch.add_column(sa.Column("a", sa.Integer))\n    batch.drop_column("email")'
    report = check_body(tmp_path / "p", body, _TABLE)
    assert [(f.rule, f.line) for f in report.findings] == [("drop-column", 12)]


def test_rebuild_drops_no_table(tmp_path: Path) -> None:
    body = f'{_COPY}    batch.alter_column("email", nullable=False)'
    report = check_body(tmp_path / "p", body, _TABLE, "sqlite")
    assert (names(report), report.statements) == ([], 4)


def test_column_that_a_rebuild_loses_is_found(tmp_path: Path) -> None:
    body = f'{_COPY}    batch.drop_column("email")'
    (finding,) = check_body(tmp_path / "p", body, _TABLE, "sqlite").findings
    assert (finding.rule, finding.line) == ("drop-column", 11)
    assert finding.message == "rebuilds account without email, with its values"


def test_batch_that_reflects_is_partly_known(tmp_path: Path) -> None:
    body = 'with op.batch_alter_table("account") as batch:\n    batch.alter_column("email", nullable=False)'
    report = check_body(tmp_path / "p", body, _TABLE, "sqlite")
    (step,) = report.partly_known
    assert (step.line, step.reason) == (10, "the body reads the catalog of the database")


_TABLE_WITH_CONSTRAINTS = 'op.execute("CREATE TABLE account (id INTEGER, age INTEGER CHECK (age > 0), a INTEGER UNIQUE, CONSTRAINT ck CHECK (id > 0))")'


@pytest.mark.parametrize(
    ("call", "is_found"),
    [
        ('"account"', True),
        ('"account", schema=None', False),
        ('"other"', False),
        ('"account", table_args=(sa.CheckConstraint("age > 0"),)', False),
        ("str('account')", False),
    ],
)
def test_reflected_table_loses_a_check_without_a_name(
    tmp_path: Path, call: str, is_found: bool
) -> None:
    body = (
        f'with op.batch_alter_table({call}) as batch:\n    batch.alter_column("id", nullable=False)'
    )
    report = check_body(tmp_path / "p", body, _TABLE_WITH_CONSTRAINTS, "sqlite")
    assert [(f.rule, f.line) for f in report.findings] == (
        [("sqlite-rebuild-loses-constraint", 10)] if is_found else []
    )
    if is_found:
        assert "CHECK (age > 0)" in report.findings[0].message


def test_copied_table_loses_constraints_without_a_name(tmp_path: Path) -> None:
    copy = (
        'table = sa.Table("account", sa.MetaData(), sa.Column("id", sa.Integer), sa.Column("age", sa.Integer), '
        'sa.Column("a", sa.Integer){more})\n'
        'with op.batch_alter_table("account", copy_from=table) as batch:\n    batch.alter_column("id", nullable=False)'
    )
    report = check_body(tmp_path / "p", copy.format(more=""), _TABLE_WITH_CONSTRAINTS, "sqlite")
    assert [f.message for f in report.findings] == [
        "rebuilds account without its CHECK (age > 0)",
        "rebuilds account without its unique of a",
    ]
    more = ', sa.CheckConstraint("age>0"), sa.UniqueConstraint("a")'
    assert (
        names(check_body(tmp_path / "q", copy.format(more=more), _TABLE_WITH_CONSTRAINTS, "sqlite"))
        == []
    )
