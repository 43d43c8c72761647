"""Random bodies: lint reads every statement that Alembic and SQLAlchemy make, on each dialect, and never crashes."""

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from limbeck import _core
from limbeck.lint import Options, Request
from limbeck.lint.fix import rewrite
from limbeck.lint.run import run
from limbeck.lint.types import is_volatile, keeps_rows, parse_type
from rendered_plan.rendering import shuffled_bodies

from .linting import URLS, check, names, write


@pytest.mark.parametrize("dialect", URLS)
@pytest.mark.parametrize("seed", range(15))
def test_statements_of_random_bodies_are_read(seed: int, dialect: str, tmp_path: Path) -> None:
    report = check(write(tmp_path / "p", URLS[dialect], *shuffled_bodies(seed)), downgrade=True)
    assert report.unread == 0
    assert not {"cannot-import", "cannot-render"} & set(names(report))
    assert all(f.line is not None and f.line > 8 for f in report.findings)
    assert report.statements > 0


_BEFORE = """
op.create_table("shop", sa.Column("id", sa.Integer, primary_key=True))
op.create_table("account", sa.Column("id", sa.Integer), sa.Column("shop_id", sa.Integer))
op.create_index("ix_old", "account", ["id"])
"""
#: Directives, with an empty comment where a line may end.
_DIRECTIVES = (
    'op.create_index(/"ix",/ "account",/ ["id",/ "shop_id"]/)',
    'op.create_index(/"ix2", /"account", [sa.text("id + 1")],/ unique=True,/)',
    'op.create_index(/"ix3", "account", ["id"], if_not_exists=True)',
    'op.drop_index("ix_old",/ "account"/)',
    'op.create_foreign_key("fk",/ "account", "shop", ["shop_id"],/ ["id"]/)',
    'op.create_foreign_key(/None, "account", "shop", ["shop_id"], ["id"]/)',
    'op.create_check_constraint("ck",/ "account",/ "id > 0",/)',
    'op.add_column("account",/ sa.Column("a", sa.Integer))',
    'for name in ("x", "y"):\n    op.create_index(name, "shop", ["id"])',
    'op.execute("UPDATE shop SET id = 2 WHERE id = 1")',
)


def random_body(seed: int) -> str:
    """Return some directives in a random order, with line breaks and comments at random places."""
    choices = random.Random(seed)
    directives = choices.sample(_DIRECTIVES, choices.randint(3, len(_DIRECTIVES)))
    breaks = ("", "", "\n    ", "  # why (\n        ", "\n\n")
    return "\n".join(
        "".join(f"{part}{choices.choice(breaks)}" for part in parts[:-1]) + parts[-1]
        for parts in (directive.split("/") for directive in directives)
    )


@pytest.mark.parametrize("seed", range(15))
def test_random_bodies_are_rewritten_once(seed: int, tmp_path: Path) -> None:
    """Each finding has either a rewrite, after which it is gone, or a reason why not."""
    config = write(tmp_path / "p", URLS["postgresql"], _BEFORE, random_body(seed))
    options = Options(Request(all=True), for_fix=True, downgrade=True)
    before = run(config, options)
    new = frozenset({"r0002"})
    changes, left = rewrite(before.report.findings, before.places, new)
    rules = {"pg-index-", "pg-drop-index", "pg-foreign", "pg-check", "no-lock"}
    fixable = [f for f in before.report.findings if f.rule.startswith(tuple(rules))]
    gone = [f for f in fixable if f not in [finding for finding, _ in left]]
    assert bool(changes) == bool(gone)
    for change in changes:
        assert change.after != change.before
        Path(change.path).write_bytes(change.after)
    after = run(config, options)
    again, still_left = rewrite(after.report.findings, after.places, new)
    assert again == []
    assert sorted((f.rule, reason) for f, reason in left) == sorted(
        (f.rule, reason) for f, reason in still_left
    )
    assert not {"cannot-import", "cannot-render"} & set(names(after.report))
    remaining = [f for f in after.report.findings if f.rule.startswith(tuple(rules))]
    assert len(remaining) == len(left)
    assert gone or left


_WORDS = st.sampled_from(
    ["ALTER", "TABLE", "t", "ADD", "COLUMN", "c", "INT", "NOT", "NULL", "DROP", "INDEX", "ON", "(", ")", ",", ";", "UPDATE",
     "SET", "=", "1", "WHERE", "DELETE", "FROM", "CREATE", "TYPE", "'x'", "$$", "--", "/*", '"', "`", "%(a)s", "?", ":b", "$1"]
)  # fmt: skip


@given(st.lists(_WORDS, max_size=25).map(" ".join), st.sampled_from(sorted(URLS)))
def test_any_text_is_read_or_counted(text: str, dialect: str) -> None:
    changes, unread = _core.read_sql(text, dialect)
    assert unread >= 0
    for change in changes:
        repr(change)
        assert change.kind
    _core.squawk([text, "SELECT 1"], ["prefer-text-field", "ban-char-field"], True)


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_type_is_compared(before: str, after: str) -> None:
    keeps_rows(before, after, None, "a")
    assert keeps_rows(before, before, None, "a")
    assert parse_type(before) == parse_type(f" {before.upper()} ") or not before.isascii()
    is_volatile(before)
