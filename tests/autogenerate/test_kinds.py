"""What `-v` says about a comparison is what the comparison does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from limbeck.autogenerate._kinds import Kinds, kinds_of
from limbeck.autogenerate.context import AutogenContext
from limbeck.migration import MigrationContext
from limbeck.runtime.plugins import Plugin
from limbeck.util import PriorityDispatchResult
from support.generated import database, generate, is_empty
from support.programs import Program


def _parts() -> dict[str, tuple[list[Any], list[Any]]]:
    """Return for each kind the parts of a table before and after a change of that kind."""
    column = sa.Column

    def plain() -> Any:
        return column("a", sa.Integer)

    return {
        "types": ([plain()], [column("a", sa.String(9))]),
        "NOT NULL": ([plain()], [column("a", sa.Integer, nullable=False)]),
        "server defaults": ([plain()], [column("a", sa.Integer, server_default="1")]),
        "indexes": ([plain()], [column("a", sa.Integer, index=True)]),
        "unique constraints": ([plain()], [plain(), sa.UniqueConstraint("a", name="u")]),
        "foreign keys": (
            [plain()],
            [plain(), sa.ForeignKeyConstraint(["a"], ["t.id"], name="f")],
        ),
        "comments": ([plain()], [column("a", sa.Integer, comment="c")]),
        "names of CHECK constraints": ([plain()], [plain(), sa.CheckConstraint("a > 0", name="c")]),
        "conditions of CHECK constraints": (
            [plain(), sa.CheckConstraint("a > 0", name="c")],
            [plain(), sa.CheckConstraint("a > 1", name="c")],
        ),
        "primary keys": (
            [column("a", sa.Integer, nullable=False)],
            [column("a", sa.Integer, primary_key=True)],
        ),
    }


_OPTIONS: list[dict[str, Any]] = [
    {},
    {"compare_type": False, "compare_server_default": True},
    {"autogenerate_plugins": ["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"]},
    {"autogenerate_plugins": ["alembic.autogenerate.*", "~alembic.autogenerate.constraints"]},
]


def _model(parts: list[Any]) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True), *parts)
    return metadata


def _kinds(connection: sa.Connection, **opts: Any) -> Kinds:
    context = MigrationContext.configure(connection, opts=opts)
    return kinds_of(AutogenContext(context, sa.MetaData()))


@pytest.mark.parametrize("options", _OPTIONS, ids=str)
def test_a_kind_is_compared_if_a_difference_in_it_is_found(
    database_url: str, options: dict[str, Any]
) -> None:
    options = {"compare_server_default": False, **options}
    with database(database_url) as connection:
        kinds = _kinds(connection, **options)
        for kind, (before, after) in _parts().items():
            if kind == "comments" and not connection.dialect.supports_comments:
                assert kind not in (*kinds.compared, *kinds.skipped)
                continue
            first = _model(before)
            first.create_all(connection)
            connection.commit()
            is_found = not is_empty(generate(connection, _model(after), **options))
            assert is_found is (kind in kinds.compared), kind
            assert (kind in kinds.skipped) is not is_found
            first.drop_all(connection)
            connection.commit()


def test_a_plugin_names_its_kinds(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def compare(*arguments: object) -> PriorityDispatchResult:
        return PriorityDispatchResult.CONTINUE

    monkeypatch.setitem(globals(), "KINDS", ("views",))
    plugin = Plugin("project.views")
    plugin.add_autogenerate_comparator(compare, "autogenerate")
    try:
        with database(sqlite_url) as connection:
            assert "views" in _kinds(connection).skipped
            names = ["alembic.autogenerate.*", "project.views"]
            assert "views" in _kinds(connection, autogenerate_plugins=names).compared
    finally:
        plugin.remove()


def test_our_plugins_name_their_kinds(database_url: str) -> None:
    names = ["alembic.autogenerate.*", "limbeck.enums", "limbeck.objects"]
    with database(database_url) as connection:
        before = _kinds(connection)
        kinds = _kinds(connection, autogenerate_plugins=names)
        found = set(kinds.compared) - set(before.compared)
        assert {"views", "triggers", "labels of enums"} <= found
        assert ("policies" in found) is (connection.dialect.name == "postgresql")
        assert found.isdisjoint(kinds.skipped)


def test_verbose_says_it_on_standard_error(tmp_path: Path, limbeck: Program) -> None:
    limbeck.alembic(tmp_path, "init", "migrations")
    env, ini = tmp_path / "migrations/env.py", tmp_path / "alembic.ini"
    ini.write_text(ini.read_text().replace("driver://user:pass@localhost/dbname", "sqlite://"))
    env.write_text(
        env.read_text().replace(
            "target_metadata = None",
            "from sqlalchemy import MetaData\ntarget_metadata = MetaData()",
        )
    )
    for arguments in (("check",), ("revision", "--autogenerate")):
        verbose = limbeck.alembic(tmp_path, *arguments, "-v")
        assert verbose.returncode == 0, verbose.stderr
        assert "\nCompared: tables, columns, types" in verbose.stderr
        assert "Not compared: " in verbose.stderr
        assert "ompared:" not in verbose.stdout
        for path in (tmp_path / "migrations/versions").glob("*.py"):
            path.unlink()
    assert "ompared:" not in limbeck.alembic(tmp_path, "check").stderr
