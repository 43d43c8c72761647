"""`alembic lint --fix`: what is rewritten, what is left, and that PostgreSQL takes the result."""

import ast
import subprocess
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from limbeck.config import Config
from limbeck.lint import Options, Request
from limbeck.lint.fix import rewrite
from limbeck.lint.fix.source_file import SourceFile, UncertainError
from limbeck.lint.run import Outcome
from limbeck.lint.run import run as run_lint
from limbeck.util._files import replace_file
from support.programs import Program

from .linting import URLS, add_revision, names, write

_TABLES = """
op.create_table("shop", sa.Column("id", sa.Integer, primary_key=True))
op.create_table("account", sa.Column("id", sa.Integer), sa.Column("shop_id", sa.Integer))
op.create_index("ix_old", "account", ["id"])
op.execute("CREATE TABLE parted (id integer) PARTITION BY RANGE (id)")
"""
_KEYWORD = "postgresql_concurrently=True"
_BLOCK = "with op.get_context().autocommit_block():\n"
_IGNORED = ("missing-downgrade", "mysql-*", "pg-ddl-*", "pg-several-*", "rename-*")


def _validate(name: str) -> str:
    return f'{_BLOCK}    op.execute("ALTER TABLE account VALIDATE CONSTRAINT {name}")'


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@localhost")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project in a Git repository, whose first revision is committed."""
    folder = tmp_path / "p"
    write(folder, URLS["postgresql"], _TABLES)
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "first")
    return folder


def check(folder: Path, **options: object) -> Outcome:
    arguments = {"ignore": (*_IGNORED, "no-lock-timeout"), "for_fix": True, **options}
    config = Config(str(folder / "alembic.ini"))
    return run_lint(config, Options(Request(since="main"), **arguments))  # type: ignore[arg-type]


def fix(folder: Path, body: str, **options: object) -> tuple[str, list[str]]:
    """Rewrite a new revision with a body; return the new body, and why findings were left."""
    path = add_revision(folder, "r0002", "r0001", body)
    outcome = check(folder, **options)
    assert outcome.new is not None
    changes, left = rewrite(outcome.report.findings, outcome.places, outcome.new)
    for change in changes:
        replace_file(change.path, change.after)
    text = path.read_text()
    again = check(folder, **options)
    assert again.new is not None
    assert rewrite(again.report.findings, again.places, again.new)[0] == []
    remaining = [f for f in again.report.findings if f.rule != "unused-ignore"]
    assert len(remaining) == len(left)
    start = text.index("def upgrade():\n") + len("def upgrade():\n")
    end = text.index("\n\ndef downgrade")
    lines = [line.removeprefix("    ") for line in text[start:end].splitlines()]
    return "\n".join(lines), [reason for _, reason in left]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            'op.create_index("ix", "account", ["id"])',
            f'{_BLOCK}    op.create_index("ix", "account", ["id"], postgresql_concurrently=True)',
        ),
        (
            '# why\nop.create_index("ix", "account", ["id"],)  # é: quick',
            f'# why\n{_BLOCK}    op.create_index("ix", "account", ["id"], postgresql_concurrently=True,)  # é: quick',
        ),
        (
            'op.create_index(\n    "é",\n    "account",\n\n    ["id"],  # ids\n)',
            f'{_BLOCK}    op.create_index(\n        "é",\n        "account",\n\n        ["id"],  # ids\n        {_KEYWORD},\n    )',
        ),
        (
            'op.create_index(\n    "ix", "account", ("id",) # no comma, (here)\n    )',
            f'{_BLOCK}    op.create_index(\n        "ix", "account", ("id",), # no comma, (here)\n        {_KEYWORD},\n        )',
        ),
        (
            'op.create_index("ix",\n                "account", [("id")])',
            f'{_BLOCK}    op.create_index("ix",\n                    "account", [("id")], postgresql_concurrently=True)',
        ),
        (
            'op.drop_index(("ix_old"), table_name="account")\nop.execute("SELECT 1")',
            f'{_BLOCK}    op.drop_index(("ix_old"), table_name="account", postgresql_concurrently=True)\nop.execute("SELECT 1")',
        ),
        (
            'op.create_foreign_key("fk", "account", "shop", ["shop_id"], ["id"])',
            f'op.create_foreign_key("fk", "account", "shop", ["shop_id"], ["id"], postgresql_not_valid=True)\n{_validate("fk")}',
        ),
        (
            'op.create_check_constraint(\n    "ck", "account", "id > 0"\n)',
            f'op.create_check_constraint(\n    "ck", "account", "id > 0",\n    postgresql_not_valid=True,\n)\n{_validate("ck")}',
        ),
    ],
)
def test_rewrite(folder: Path, before: str, after: str) -> None:
    assert fix(folder, before) == (after, [])


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('for i in "ab":\n    op.create_index(f"ix_{i}", "account", ["id"])', "several statements"),
        ('if True:\n    op.create_index("ix", "account", ["id"])', "not a plain call"),
        ('make = op.create_index\nmake("ix", "account", ["id"])', "not a plain call"),
        ('op.execute("CREATE INDEX ix ON account (id)")', "not a plain call"),
        ('with op.batch_alter_table("account") as b:\n    b.create_index("ix", ["id"])', "not a plain call"),
        ('x = 1; op.create_index("ix", "account", ["id"])', "shares a line"),
        ('op.create_index("ix", "account", ["id"]); x = 1', "shares a line"),
        ('op.create_index("ix", "account", ["id"], postgresql_concurrently=False)', "another value"),
        ('op.create_index("ix", "account", ["id"], **{"unique": True})', "known only when it runs"),
        ('op.create_index("ix", "account", [sa.text("""id\n+ 1""")])', "string of several lines"),
        ('op.create_index("ix", "account", ["id"], if_not_exists=True)', "invalid index"),
        ('op.create_index("ix", "parted", ["id"])', "partitioned table"),
        ('op.create_foreign_key(None, "account", "shop", ["shop_id"], ["id"])', "no name"),
        ('op.create_check_constraint("a:b", "account", "id > 0")', "escaped"),
        ('op.execute("ALTER TABLE account ADD CONSTRAINT c CHECK (id > 0)")', "not a plain call"),
        ('# limbeck: ignore[drop-column] why\n\n# and\nop.drop_index("ix_old", "account")', "comment above"),
        ('op.execute("SET LOCAL work_mem = 100")\nop.drop_index("ix_old", "account")', "setting"),
        ('op.execute("CREATE TEMPORARY TABLE t (a integer)")\nop.drop_index("ix_old", "account")', "temporary table"),
        ('op.execute("LOCK TABLE shop")\nop.drop_index("ix_old", "account")', "explicit lock"),
    ],
)  # fmt: skip
def test_uncertain_rewrite_is_left(folder: Path, body: str, reason: str) -> None:
    path = add_revision(folder, "r0002", "r0001", body)
    before = path.read_bytes()
    _, reasons = fix(folder, body)
    assert reasons
    assert all(reason in text for text in reasons), reasons
    assert path.read_bytes() == before


def test_other_dialects_know_no_validation(folder: Path) -> None:
    env = folder / "migrations" / "env.py"
    ini = folder / "alembic.ini"
    assert env.exists()
    ini.write_text(ini.read_text().replace(URLS["postgresql"], "sqlite:///shop.db"))
    body = 'op.create_foreign_key("fk", "account", "shop", ["shop_id"], ["id"])'
    _, (reason,) = fix(folder, body, dialect="postgresql")
    assert "other databases" in reason


def test_file_of_the_base_is_left(folder: Path) -> None:
    """Changed or renamed since the base, but not new: a database may have run it."""
    body = 'op.create_index("ix", "account", ["id"])'
    path = add_revision(folder, "r0002", "r0001", body)
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "second")
    path.write_text(path.read_text() + "# a comment\n")
    git(folder, "mv", str(path), str(path.with_name("renamed.py")))
    outcome = check(folder)
    assert outcome.new == frozenset()
    changes, ((_, reason),) = rewrite(outcome.report.findings, outcome.places, outcome.new)
    assert changes == []
    assert "older than the base" in reason


def test_lock_timeout_is_set_below_the_header(folder: Path) -> None:
    body = 'op.add_column("account", sa.Column("a", sa.Integer))'
    fix(folder, body, ignore=_IGNORED)
    text = (folder / "migrations" / "versions" / "r0002.py").read_text()
    assert "depends_on = None\nlock_timeout = 5  # seconds\n" in text
    assert body in text


def test_lock_timeout_is_set_once_for_both_directions(folder: Path) -> None:
    path = add_revision(
        folder, "r0002", "r0001", 'op.add_column("account", sa.Column("a", sa.Integer))'
    )
    path.write_text(
        path.read_text().partition("def downgrade")[0]
        + 'def downgrade():\n    op.drop_column("account", "a")\n'
    )
    outcome = check(folder, ignore=_IGNORED, downgrade=True)
    assert outcome.new is not None
    (change,), _ = rewrite(outcome.report.findings, outcome.places, outcome.new)
    assert change.after.count(b"lock_timeout = 5") == 1


def test_lock_timeout_is_not_set_where_the_body_is_partly_known(folder: Path) -> None:
    body = 'op.add_column("account", sa.Column("a", sa.Integer))\nop.get_bind().scalar(sa.text("SELECT 1"))'
    _, (reason,) = fix(folder, body, ignore=_IGNORED)
    assert "unknown rest" in reason


def test_lock_timeout_is_not_set_beside_concurrently(folder: Path) -> None:
    """The statement waits for older transactions, and a timeout leaves an invalid index."""
    body = 'op.create_index("ix", "account", ["id"])\nop.add_column("shop", sa.Column("a", sa.Integer))'
    _, (reason,) = fix(folder, body, ignore=_IGNORED)
    assert "invalid index" in reason
    assert names(check(folder, ignore=_IGNORED, has_lock_timeout=True).report) == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_encoding_and_line_endings_are_kept(folder: Path, encoding: str, newline: str) -> None:
    path = add_revision(
        folder, "r0002", "r0001", 'op.create_index("ix", "account", ["id"])  # é\nx = "é"'
    )
    text = path.read_text().replace("\n", newline)
    if encoding == "latin-1":
        text = f"# -*- coding: latin-1 -*-{newline}{text}"
    before = text.encode(encoding)
    path.write_bytes(before)
    outcome = check(folder)
    assert outcome.new is not None
    ((_, _, after),), left = rewrite(outcome.report.findings, outcome.places, outcome.new)
    assert left == []
    removed = [line for line in before.splitlines(True) if line not in after.splitlines(True)]
    assert [b"op.create_index" in line for line in removed] == [True]
    assert after.count(b"\n") == before.count(b"\n") + 1
    assert after.count(newline.encode()) == after.count(b"\n")
    assert after.startswith(before[:3])
    ast.parse(after)


_PARTS = ["a", "(b)", "[c, (d)]", "{'e': 1}", "f(g)", "'('", "h=1", "i=(2)", "*j"]


@given(
    st.lists(st.sampled_from(_PARTS), max_size=5),
    st.lists(st.sampled_from(["", "\n    ", "  # a ) comment\n        "]), min_size=7, max_size=7),
    st.booleans(),
)
def test_keyword_is_added_to_any_call(parts: list[str], gaps: list[str], comma: bool) -> None:
    """The syntax tree has one keyword more, and the comments stay."""
    parts = sorted(dict.fromkeys(parts), key=lambda part: "=" in part)
    inner = ",".join(gap + part for part, gap in zip(parts, gaps, strict=False))
    text = f"call({inner}{',' if comma and parts else ''}{gaps[-1]})\n"
    file = SourceFile(text.encode())
    (statement,) = file.tree.body
    assert isinstance(statement, ast.Expr)
    assert isinstance(statement.value, ast.Call)
    file.add_keyword(statement.value, "new=True")
    after = file.content().decode()
    (found,) = ast.parse(after).body
    assert isinstance(found, ast.Expr)
    assert isinstance(found.value, ast.Call)
    assert ast.unparse(found) == ast.unparse(
        ast.Call(
            statement.value.func,
            statement.value.args,
            [*statement.value.keywords, ast.keyword("new", ast.Constant(True))],
        )
    )
    assert after.count("#") == text.count("#")


@pytest.mark.parametrize("content", [b"\xff", b"def (", b"x = 1\ry = 2\r"])
def test_unreadable_file_is_uncertain(content: bytes) -> None:
    with pytest.raises(UncertainError):
        SourceFile(content)


class TestCommand:
    """The program."""

    def test_difference_and_second_report(self, limbeck: Program, folder: Path) -> None:
        path = add_revision(folder, "r0002", "r0001", 'op.create_index("ix", "account", ["id"])')
        path.chmod(0o755)
        done = limbeck.alembic(folder, "lint", "--fix", "--since", "main")
        assert done.stderr == ""
        assert done.returncode == 0
        lines = done.stdout.splitlines()
        assert lines[:2] == [
            "--- a/migrations/versions/r0002.py",
            "+++ b/migrations/versions/r0002.py",
        ]
        assert "+    with op.get_context().autocommit_block():" in lines
        assert lines[-1] == "no findings in 1 revision with 1 statement; 0 steps partly known"
        assert path.stat().st_mode & 0o777 == 0o755
        assert [p.name for p in path.parent.glob("*.tmp")] == []
        done = limbeck.alembic(folder, "lint", "--fix", "--since", "main")
        assert done.stdout == f"{lines[-1]}\n"

    def test_report_of_a_machine_has_no_difference_in_it(
        self, limbeck: Program, folder: Path
    ) -> None:
        add_revision(folder, "r0002", "r0001", 'op.create_index("ix", "account", ["id"])')
        done = limbeck.alembic(folder, "lint", "--fix", "--format", "gitlab")
        assert done.stdout == "[]\n"
        assert "+++ b/migrations" in done.stderr

    @pytest.mark.parametrize("arguments", [["--all"], ["head"], ["--pending"]])
    def test_range_is_wrong_usage(
        self, limbeck: Program, folder: Path, arguments: list[str]
    ) -> None:
        done = limbeck.alembic(folder, "lint", "--fix", *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert "--since REF" in done.stderr

    def test_without_git_it_refuses(self, limbeck: Program, tmp_path: Path) -> None:
        write(tmp_path / "q", URLS["postgresql"], _TABLES, 'op.drop_index("ix_old", "account")')
        done = limbeck.alembic(tmp_path / "q", "lint", "--fix")
        assert done.returncode == 255
        assert "newer than a Git base, and there is none" in done.stdout + done.stderr

    def test_folder_that_cannot_be_written_is_a_failure(
        self, limbeck: Program, folder: Path, tmp_path: Path
    ) -> None:
        path = add_revision(folder, "r0002", "r0001", 'op.create_index("ix", "account", ["id"])')
        before = path.read_bytes()
        code = (
            "import os, sys; from unittest import mock; from limbeck.__main__ import main; "
            "sys.argv[1:] = ['lint', '--fix']; "
            "mock.patch('os.replace', side_effect=PermissionError(13, 'Permission denied')).start(); main()"
        )
        done = limbeck.python(folder, "-c", code)
        assert done.returncode == 255
        assert "Permission denied" in done.stdout + done.stderr
        assert path.read_bytes() == before
        assert [p.name for p in path.parent.glob("*.tmp")] == []


def test_postgresql_takes_the_rewritten_file(
    limbeck: Program, folder: Path, postgresql_url: str
) -> None:
    ini = folder / "alembic.ini"
    ini.write_text(ini.read_text().replace(URLS["postgresql"], postgresql_url.replace("%", "%%")))
    git(folder, "commit", "--quiet", "--all", "--message", "url")
    assert limbeck.alembic(folder, "upgrade", "head").returncode == 0
    engine = sa.create_engine(postgresql_url)
    with engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO shop VALUES (1)"))
        connection.execute(sa.text("INSERT INTO account VALUES (1, 1)"))
    body = (
        'op.create_index("ix", "account", ["id"], unique=True)\n'
        'op.drop_index("ix_old", "account")\n'
        'op.create_foreign_key("fk", "account", "shop", ["shop_id"], ["id"])\n'
        'op.create_check_constraint("Ck", "account", "id > 0")\n'
    )
    add_revision(folder, "r0002", "r0001", body)
    add_revision(folder, "r0003", "r0002", 'op.add_column("account", sa.Column("a", sa.Integer))')
    done = limbeck.alembic(folder, "lint", "--fix")
    assert done.returncode == 0, done.stdout
    done = limbeck.alembic(folder, "upgrade", "head")
    assert done.returncode == 0, done.stderr
    with engine.connect() as connection:
        query = "SELECT relname, indisvalid FROM pg_index JOIN pg_class ON oid = indexrelid WHERE indrelid = 'account'::regclass"
        assert connection.execute(sa.text(query)).all() == [("ix", True)]
        query = "SELECT conname, convalidated FROM pg_constraint WHERE conrelid = 'account'::regclass ORDER BY 1"
        assert connection.execute(sa.text(query)).all() == [("Ck", True), ("fk", True)]
    engine.dispose()
