"""Comments and settings that suppress findings."""

from pathlib import Path

import pytest
from limbeck.config import Config
from limbeck.lint import Options, Request, lint
from limbeck.settings.limbeck_section import Settings

from .linting import URLS, check, check_body, names, write

_TABLE = (
    'op.create_table("account", sa.Column("id", sa.Integer), sa.Column("email", sa.String(50)))'
)
_DROP = 'op.drop_column("account", "email")'


@pytest.mark.parametrize(
    "body",
    [
        f"{_DROP}  # limbeck: ignore[drop-column] not used",
        f"# limbeck: ignore[drop-column] not used\n{_DROP}",
        f"# limbeck: ignore[drop-column] not used\n# and more\n\n{_DROP}",
        f"#limbeck:ignore[drop-table,drop-column]: not used\n{_DROP}\nop.drop_table('account')  # limbeck: ignore[drop-table]",
        'op.drop_column(  # limbeck: ignore[drop-column] not used\n    "account",\n    "email",\n)',
        'op.drop_column(\n    "account",\n    "email",  # limbeck: ignore[drop-column] not used\n)',
    ],
)
def test_comment_suppresses_a_finding(tmp_path: Path, body: str) -> None:
    report = check_body(tmp_path / "p", body, _TABLE)
    assert "drop-column" not in names(report)
    assert report.suppressed >= 1


def test_comment_suppresses_only_its_statement(tmp_path: Path) -> None:
    body = f"# limbeck: ignore[drop-column] not used\n{_DROP}\nop.drop_column('account', 'id')"
    report = check_body(tmp_path / "p", body, _TABLE)
    assert [(f.rule, f.line) for f in report.findings] == [("drop-column", 12)]


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        (
            "limbeck: ignore[drop-table] x",
            "the comment ignores drop-table, which finds nothing here",
        ),
        ("limbeck: ignore[drop-tabel] x", "there is no rule drop-tabel"),
        ("limbeck: ignore x", "the comment names no rule"),
    ],
)
def test_comment_that_ignores_nothing_is_reported(
    tmp_path: Path, comment: str, message: str
) -> None:
    report = check_body(tmp_path / "p", f"op.execute('SELECT 1')  # {comment}")
    (finding,) = report.findings
    assert (finding.rule, finding.line) == ("unused-ignore", 10)
    assert message in finding.message


def test_comment_for_a_rule_that_is_not_checked_is_not_reported(tmp_path: Path) -> None:
    body = f"{_DROP}  # limbeck: ignore[drop-column] not used"
    assert (
        names(check_body(tmp_path / "p", body, _TABLE, select=("pg-index*", "unused-ignore"))) == []
    )


def test_reason_can_be_required(tmp_path: Path) -> None:
    body = f"{_DROP}  # limbeck: ignore[drop-column]"
    config = write(tmp_path / "p", URLS["postgresql"], _TABLE, body)
    assert names(check(config, "r0002")) == []
    (finding,) = check(config, "r0002", require_reason=True).findings
    assert (finding.rule, finding.message) == (
        "unused-ignore",
        "the comment gives no reason, which lint_require_reason asks for",
    )


def test_text_in_a_string_is_no_comment(tmp_path: Path) -> None:
    body = f'x = "# limbeck: ignore[drop-column]"; {_DROP}'
    assert names(check_body(tmp_path / "p", body, _TABLE)) == ["drop-column"]


def test_files_and_rules_can_be_left_out(tmp_path: Path) -> None:
    config = write(tmp_path / "p", URLS["postgresql"], _TABLE, _DROP, "op.drop_table('account')")
    assert names(check(config)) == ["drop-column", "drop-table"]
    assert names(check(config, ignore=("drop-*",))) == []
    assert names(check(config, select=("drop-table",))) == ["drop-table"]
    for pattern in ("r0002.py", "*/versions/r0002*"):
        report = check(config, per_file_ignores={pattern: ("drop-*",)})
        assert names(report) == ["drop-table"]
    report = lint(config, Options(Request(all=True), start_after="r0002"))
    assert (names(report), report.revisions) == (["drop-table"], 1)


def test_settings_of_the_ini_file(tmp_path: Path) -> None:
    config = write(
        tmp_path / "p",
        URLS["postgresql"],
        lint_ignore="drop-table, drop-column\n  rename-*",
        lint_per_file_ignores="\n  a/*.py: x, y\n  c:d.py: *",
        lint_start_after="r0001",
        lint_require_reason="true",
        lint_fail_on="error",
    )
    settings = Settings.read(config)
    assert settings.lint_ignore == ("drop-table", "drop-column", "rename-*")
    assert settings.lint_per_file_ignores == {"a/*.py": ("x", "y"), "c:d.py": ("*",)}
    assert (settings.lint_start_after, settings.lint_require_reason) == ("r0001", True)
    assert settings.lint_fail_on == "error"


def test_settings_of_pyproject_toml(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text(
        '[tool.alembic]\nscript_location = "migrations"\n'
        '[tool.limbeck]\nlint_ignore = ["drop-table"]\n'
        'lint_per_file_ignores = {"old_*" = ["*"]}\n'
    )
    settings = Settings.read(Config(toml_file=str(path)))
    assert settings.lint_ignore == ("drop-table",)
    assert settings.lint_per_file_ignores == {"old_*": ("*",)}
