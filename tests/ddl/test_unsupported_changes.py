"""Changes that a dialect supports in part: SQL is written, or an error names the cause; none is ignored."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from limbeck.operations import Operations
from limbeck.runtime.migration import MigrationContext
from limbeck.util import CommandError

pytestmark = pytest.mark.usefixtures("short_cuts_on_and_off")

MYSQL = ("mysql", "mariadb")
CONVENTION = {"ck": "ck_%(table_name)s_%(constraint_name)s"}
GENERATED = (sa.Computed("b + 1"), sa.Identity())


def offline_statements(dialect: str, work: Callable[[Operations], Any], **opts: Any) -> list[str]:
    """Return the statements of `work` in offline mode, without the separators of batches."""
    buffer = io.StringIO()
    opts = {"as_sql": True, "output_buffer": buffer, **opts}
    work(Operations(MigrationContext.configure(dialect_name=dialect, opts=opts)))
    return [each for each in buffer.getvalue().split("\n\n") if each not in ("", "GO")]


@pytest.mark.parametrize("dialect", MYSQL)
@pytest.mark.parametrize("name", [None, "pk"])
def test_primary_key_is_dropped_with_and_without_name(dialect: str, name: Any) -> None:
    found = offline_statements(dialect, lambda op: op.drop_constraint(name, "t", type_="primary"))
    assert found == ["ALTER TABLE t DROP PRIMARY KEY;"]


@pytest.mark.parametrize("existing", [sa.Boolean(create_constraint=True), sa.Enum("p", "q")])
@pytest.mark.parametrize(
    ("dialect", "statement"),
    [
        ("mysql", "ALTER TABLE t MODIFY a INTEGER NULL;"),
        ("mariadb", "ALTER TABLE t MODIFY a INTEGER NULL;"),
        ("postgresql", "ALTER TABLE t ALTER COLUMN a TYPE INTEGER;"),
    ],
)
def test_type_changes_despite_an_unnamed_check(dialect: str, statement: str, existing: Any) -> None:
    target = sa.MetaData(naming_convention=CONVENTION)
    found = offline_statements(
        dialect,
        lambda op: op.alter_column("t", "a", type_=sa.Integer(), existing_type=existing),
        target_metadata=target,
    )
    assert found == [statement]


def test_undroppable_check_is_refused_as_by_alembic() -> None:
    existing = sa.Enum("p", "q", native_enum=False, create_constraint=True)
    with pytest.raises(sa.exc.CompileError, match="it has no name"):
        offline_statements(
            "oracle",
            lambda op: op.alter_column("t", "a", type_=sa.Integer(), existing_type=existing),
        )


@pytest.mark.parametrize(("schema", "expected"), [(None, "dbo"), ("other", "other")])
def test_comments_on_sql_server_name_a_schema(schema: str | None, expected: str) -> None:
    def work(op: Operations) -> None:
        column = sa.Column("a", sa.Integer, comment="number")
        op.create_table("t", column, comment="it's", schema=schema)
        op.drop_table_comment("t", schema=schema)
        op.alter_column("t", "a", comment="changed", schema=schema)

    comments = offline_statements("mssql", work)[1:]
    assert len(comments) == 4
    assert all(f"'schema', {expected}, 'table', t" in comment for comment in comments)


@pytest.mark.parametrize("dialect", MYSQL)
@pytest.mark.parametrize("default", GENERATED)
@pytest.mark.parametrize("change", [{"comment": "said"}, {"new_column_name": "b"}])
def test_change_that_mysql_cannot_restate_is_refused(
    dialect: str, default: Any, change: Any
) -> None:
    with pytest.raises(CommandError, match="restates the whole column"):
        offline_statements(
            dialect,
            lambda op: op.alter_column(
                "t", "a", existing_type=sa.Integer(), existing_server_default=default, **change
            ),
        )


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql", *MYSQL, "mssql", "oracle"])
def test_default_without_sql_is_refused(dialect: str) -> None:
    with pytest.raises(sa.exc.CompileError, match="it has no SQL"):
        offline_statements(
            dialect, lambda op: op.alter_column("t", "a", server_default=sa.FetchedValue())
        )


@pytest.mark.parametrize("dialect", ["postgresql", "oracle"])
@pytest.mark.parametrize("default", ["5", sa.text("5"), sa.func.now()])
def test_replacing_an_identity_is_refused(dialect: str, default: Any) -> None:
    with pytest.raises(sa.exc.CompileError, match="drop it first"):
        offline_statements(
            dialect,
            lambda op: op.alter_column(
                "t", "a", server_default=default, existing_server_default=sa.Identity()
            ),
        )


@pytest.mark.parametrize(
    ("local", "remote"), [(["a", "b"], ["c", "c"]), (["a", "a"], ["c", "d"]), (["a"], ["a"])]
)
def test_self_referential_key_may_repeat_a_column(local: list[str], remote: list[str]) -> None:
    (found,) = offline_statements(
        "postgresql", lambda op: op.create_foreign_key("fk", "t", "t", local, remote)
    )
    columns = f"FOREIGN KEY({', '.join(local)}) REFERENCES t ({', '.join(remote)});"
    assert found == f"ALTER TABLE t ADD CONSTRAINT fk {columns}"
