"""Batch mode: its operations have their lines, and a rebuild is no drop of the table."""

from pathlib import Path

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
