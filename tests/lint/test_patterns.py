"""Patterns of published migrations that rules once took for a problem."""

from pathlib import Path

import pytest
from limbeck.config import Config
from support import projects

from .linting import URLS, add_revision, check, check_body, names

_TABLE = (
    'op.create_table("account", sa.Column("id", sa.Integer), sa.Column("email", sa.String(50)))'
)
_INDEX = 'op.create_index("ix_email", "account", ["email"])'
_SHOP = """
op.create_table("shop", sa.Column("id", sa.Integer, primary_key=True))
op.create_table("account", sa.Column("id", sa.Integer), sa.Column("shop_id", sa.Integer{key}))
op.create_index("ix_shop", "account", ["shop_id"])
"""
_NAMED = 'op.create_foreign_key("fk_shop", "account", "shop", ["shop_id"], ["id"])'


def test_index_of_a_table_that_is_dropped_afterwards(tmp_path: Path) -> None:
    body = 'op.drop_index("ix_email", "account")\nop.drop_column("account", "email")\nop.drop_table("account")'
    report = check_body(tmp_path / "p", body, f"{_TABLE}\n{_INDEX}")
    assert [(f.rule, f.line) for f in report.findings] == [("drop-table", 12)]
    other = body.replace('op.drop_table("account")', 'op.drop_table("another")')
    assert len(check_body(tmp_path / "q", other, f"{_TABLE}\n{_INDEX}").findings) == 4


def test_table_that_takes_the_name_of_a_dropped_one_is_checked(tmp_path: Path) -> None:
    body = 'op.drop_table("account")\nop.rename_table("old", "account")\nop.drop_column("account", "id")'
    found = names(check_body(tmp_path / "p", body, _TABLE))
    assert found == ["drop-table", "rename-table", "drop-column"]


@pytest.mark.parametrize(
    "body",
    [
        'op.drop_table("shop")\nop.add_column("account", sa.Column("a", sa.Integer))',
        'op.drop_table("shop")\nop.execute("UPDATE account SET id = 1 WHERE id = 2")',
    ],
)
def test_nobody_waits_for_a_dropped_table(tmp_path: Path, body: str) -> None:
    before = f'{_TABLE}\nop.create_table("shop", sa.Column("id", sa.Integer))'
    assert names(check_body(tmp_path / "p", body, before)) == ["drop-table"]


def test_dropped_table_waits_while_another_is_locked(tmp_path: Path) -> None:
    body = 'op.add_column("account", sa.Column("a", sa.Integer))\nop.drop_table("shop")'
    before = f'{_TABLE}\nop.create_table("shop", sa.Column("id", sa.Integer))'
    found = names(check_body(tmp_path / "p", body, before))
    assert found == ["drop-table", "pg-several-tables-locked"]


def test_upgrade_without_statements_needs_no_downgrade(tmp_path: Path) -> None:
    body = "def upgrade():\n    if op.get_context().dialect.name == 'oracle':\n        op.execute('SELECT 1')\n\n{}"
    empty = "def downgrade():\n    pass"
    assert names(check_body(tmp_path / "p", body.format(empty))) == []
    other = body.replace("oracle", "postgresql").format(empty)
    assert names(check_body(tmp_path / "q", other)) == ["missing-downgrade"]


def test_leftover_of_a_failed_run_is_no_table(tmp_path: Path) -> None:
    body = 'op.execute("DROP TABLE IF EXISTS copied")\nop.execute("CREATE TABLE copied AS SELECT 1 AS a")'
    assert names(check_body(tmp_path / "p", body, _TABLE)) == []
    body = body.replace("copied", "account")
    assert names(check_body(tmp_path / "q", body, _TABLE)) == ["drop-table"]


@pytest.mark.parametrize("emptying", ["DELETE FROM account", "TRUNCATE account"])
def test_column_of_a_table_without_rows(tmp_path: Path, emptying: str) -> None:
    """The statement succeeds; what fails are INSERTs of the running build."""
    body = f'op.execute("{emptying}")\nop.add_column("account", sa.Column("a", sa.Integer, nullable=False))'
    report = check_body(tmp_path / "p", body, _TABLE, select=("not-null-without-default",))
    (finding,) = report.findings
    assert (finding.severity, "INSERTs of the running build" in finding.message) == (
        "warning",
        True,
    )
    body = body.replace(
        "\n", "\nop.execute(\"INSERT INTO account VALUES (1, 'a') RETURNING id\")\n"
    )
    report = check_body(tmp_path / "q", body, _TABLE, select=("not-null-without-default",))
    assert [f.severity for f in report.findings] == ["error"]


class TestForeignKeysOfMySQL:
    RULE = ("mysql-drop-index-of-foreign-key",)

    def severities(self, folder: Path, body: str, before: str) -> list[str]:
        report = check_body(folder, body, before, "mysql", select=self.RULE)
        return [finding.severity for finding in report.findings]

    def test_procedure_may_drop_the_key(self, tmp_path: Path) -> None:
        before = f"{_SHOP.format(key='')}{_NAMED}"
        drop = 'op.drop_index("ix_shop", "account")'
        assert self.severities(tmp_path / "p", drop, before) == ["error"]
        call = f'op.execute("CALL drop_keys()")\n{drop}'
        assert self.severities(tmp_path / "q", call, before) == []
        asked = f'{before}\nop.get_bind().scalar(sa.text("SELECT 1"))'
        assert self.severities(tmp_path / "r", drop, asked) == ["warning"]

    def test_key_that_the_database_has_named(self, tmp_path: Path) -> None:
        before = _SHOP.format(key=', sa.ForeignKey("shop.id")')
        drop = 'op.drop_index("ix_shop", "account")'
        assert self.severities(tmp_path / "p", drop, before) == ["error"]
        first = f'op.drop_constraint("account_ibfk_1", "account", type_="foreignkey")\n{drop}'
        assert self.severities(tmp_path / "q", first, before) == []


@pytest.mark.parametrize(
    ("statement", "is_known"),
    [
        ("DO $$ BEGIN DROP TABLE account; END $$", False),
        ("-- a comment\nDO $x$ BEGIN NULL; END $x$", False),
        ("SELECT 1; CALL tidy()", False),
        ("/* a */ call tidy()", False),
        ("/* a **/ -- b\n;;/***/do 'x'", False),
        ("/**/" * 60 + "SELECT 1", True),
        ("INSERT INTO account VALUES (1, 'x') ON CONFLICT DO NOTHING", True),
        ("COMMENT ON TABLE account IS 'do call execute'", True),
    ],
)
def test_code_in_a_statement_is_partly_known(
    tmp_path: Path, statement: str, is_known: bool
) -> None:
    report = check_body(
        tmp_path / "p", f"op.execute({statement!r})\nop.drop_table('account')", _TABLE
    )
    assert names(report) == ["drop-table"]
    described = [(step.line, step.describe()) for step in report.partly_known]
    text = "partly known: the statements of a block of code or a procedure were not read"
    assert described == ([] if is_known else [(10, text)])


def test_question_behind_another_error_is_partly_known(tmp_path: Path) -> None:
    body = (
        "try:\n    keys = sa.inspect(op.get_bind()).get_foreign_keys('account')\n"
        "finally:\n    op.execute(f'SELECT {keys}')"
    )
    report = check_body(tmp_path / "p", body, _TABLE)
    (step,) = report.partly_known
    assert (names(report), step.line) == ([], 11)


def test_attribute_that_the_program_sets_is_partly_known(tmp_path: Path) -> None:
    body = "from alembic import context\nop.execute('SELECT 1')\ncontext.config.attributes['user']"
    report = check_body(tmp_path / "p", body)
    (step,) = report.partly_known
    assert step.describe().startswith(
        "partly known: the body reads config.attributes['user'], which nothing has set"
    )
    assert names(check_body(tmp_path / "q", body.replace("['user']", ".get('user')"))) == []


def test_option_of_an_unused_env_py_is_partly_known(tmp_path: Path) -> None:
    projects.make(tmp_path / "p", URLS["postgresql"], env="raise RuntimeError")
    add_revision(tmp_path / "p", "r0001", None, "op.get_context().opts['profile']")
    report = check(Config(str(tmp_path / "p" / "alembic.ini")), dialect="postgresql")
    (step,) = report.partly_known
    assert names(report) == []
    assert "KeyError: 'profile', which may be because env.py was not used" in step.describe()
