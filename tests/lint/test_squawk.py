"""The rules of squawk: each finds its statement, at the line of the revision file."""

from pathlib import Path

import pytest
from limbeck.lint import squawk
from limbeck.lint.run import chosen_rules

from .linting import check_body, names

#: A statement for each rule.
_STATEMENTS = {
    "ban-alter-domain-with-add-constraint": "ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE > 0)",
    "ban-char-field": "CREATE TABLE t (a char(5))",
    "ban-create-domain-with-constraint": "CREATE DOMAIN d AS integer CHECK (VALUE > 0)",
    "ban-drop-database": "DROP DATABASE shop",
    "ban-drop-type": "DROP TYPE e",
    "ban-drop-view": "DROP VIEW v",
    "ban-duplicate-column-assignments": "UPDATE t SET a = 1, a = 2 WHERE b = 3",
    "ban-truncate-cascade": "TRUNCATE account CASCADE",
    "identifier-too-long": f"CREATE TABLE {'x' * 64} (a bigint)",
    "prefer-bigint-over-int": "CREATE TABLE t (a integer)",
    "prefer-bigint-over-smallint": "CREATE TABLE t (a smallint)",
    "prefer-identity": "CREATE TABLE t (a bigserial)",
    "prefer-robust-stmts": "ALTER TABLE account DROP CONSTRAINT c",
    "prefer-text-field": "CREATE TABLE t (a varchar(5))",
    "prefer-timestamp-tz": "CREATE TABLE t (a timestamp)",
    "require-concurrent-partition-detach": "ALTER TABLE account DETACH PARTITION p",
    "require-concurrent-reindex": "REINDEX INDEX ix",
    "require-enum-value-ordering": "ALTER TYPE e ADD VALUE 'x'",
    "require-table-schema": "CREATE TABLE t (a bigint)",
}


def test_each_rule_has_a_statement() -> None:
    assert set(_STATEMENTS) == {name.removeprefix(squawk.PREFIX) for name in squawk.rules()}


@pytest.mark.parametrize("name", _STATEMENTS)
def test_rule_finds_its_statement(name: str, tmp_path: Path) -> None:
    rule = f"{squawk.PREFIX}{name}"
    body = f'with op.get_context().autocommit_block():\n    op.execute("{_STATEMENTS[name]}")'
    report = check_body(tmp_path / "p", body, select=(rule,))
    assert [(f.rule, f.line) for f in report.findings] == [(rule, 11)]
    assert names(check_body(tmp_path / "q", 'op.execute("SELECT 1")', select=(rule,))) == []


def test_rules_about_style_are_off_unless_selected() -> None:
    assert f"{squawk.PREFIX}prefer-text-field" not in chosen_rules((), ())
    assert f"{squawk.PREFIX}prefer-text-field" in chosen_rules(("squawk-*",), ())


def test_driver_parameters_are_not_taken_for_assignments(tmp_path: Path) -> None:
    """`%(a)s` looks like an assignment to squawk."""
    body = (
        "t = sa.table('t', sa.column('a'), sa.column('b'))\n"
        "op.get_bind().execute(t.update().values(a='%', b=2).where(t.c.a == 3))"
    )
    report = check_body(tmp_path / "p", body)
    assert (names(report), report.unread) == ([], 0)
