"""The registry of impls, messages for invalid arguments, and the helpers of `sqla_compat`."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from limbeck.ddl import base
from limbeck.ddl._autogen import ComparisonResult
from limbeck.ddl.impl import DefaultImpl, _impls
from limbeck.operations import Operations
from limbeck.runtime.migration import MigrationContext
from limbeck.util import CommandError, sqla_compat
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.ext.compiler import compiles


def offline(dialect: str, **opts: Any) -> tuple[Operations, io.StringIO]:
    buffer = io.StringIO()
    opts = {"as_sql": True, "output_buffer": buffer, **opts}
    return Operations(MigrationContext.configure(dialect_name=dialect, opts=opts)), buffer


class TestDialectsOfOtherPackages:
    @pytest.fixture
    def acme(self) -> Any:
        class AcmeDialect(DefaultDialect):
            name = "acme"

        class AcmeImpl(DefaultImpl):
            __dialect__ = "acme"
            transactional_ddl = True
            command_terminator = ";;"

        yield AcmeDialect()
        del _impls["acme"]

    def test_subclass_is_found_by_its_dialect_name(self, acme: Any) -> None:
        assert DefaultImpl.get_by_dialect(acme).__name__ == "AcmeImpl"

    def test_attributes_of_the_impl_apply(self, acme: Any) -> None:
        buffer = io.StringIO()
        context = MigrationContext.configure(
            dialect=acme, opts={"as_sql": True, "output_buffer": buffer}
        )
        assert context.impl.transactional_ddl
        Operations(context).drop_column("t", "c")
        assert buffer.getvalue() == "ALTER TABLE t DROP COLUMN c;;\n\n"

    def test_compiler_extensions_apply(self, acme: Any) -> None:
        @compiles(base.RenameTable, "acme")
        def rename(element: base.RenameTable, compiler: Any, **kw: Any) -> str:
            return f"RENAME {element.table_name} AS {element.new_table_name}"

        statement = base.RenameTable("a", "b")
        assert str(statement.compile(dialect=acme)) == "RENAME a AS b"
        assert str(statement.compile(dialect=DefaultDialect())) == "ALTER TABLE a RENAME TO b"

    def test_missing_impl_is_reported(self) -> None:
        class UnknownDialect(DefaultDialect):
            name = "unheard"

        with pytest.raises(CommandError, match=r"'unheard'.*postgresql.*__dialect__ = 'unheard'"):
            DefaultImpl.get_by_dialect(UnknownDialect())
        with pytest.raises(KeyError):
            DefaultImpl.get_by_dialect(UnknownDialect())


ROWS = sa.table("t", sa.column("id", sa.Integer))
INVALID_CALLS: list[tuple[str, str, Callable[[Operations], Any], type[Exception], str]] = [
    (
        "exclusion constraint on MySQL",
        "mysql",
        lambda op: op.create_exclude_constraint("ex", "t", ("a", "=")),
        CommandError,
        r"create_exclude_constraint\(\) of 'ex': the mysql dialect .* Use",
    ),
    (
        "exclusion constraint without elements",
        "postgresql",
        lambda op: op.create_exclude_constraint("ex", "t"),
        ValueError,
        "one or more elements",
    ),
    (
        "rows with an unknown column",
        "postgresql",
        lambda op: op.bulk_insert(ROWS, [{"nope": 1}]),
        CommandError,
        r"bulk_insert\(\): table 't' has no column 'nope'; it has: id",
    ),
    (
        "rows that are not a list",
        "postgresql",
        lambda op: op.bulk_insert(ROWS, {"id": 5}),  # type: ignore[arg-type] # the invalid argument
        TypeError,
        "List expected",
    ),
    (
        "comment on SQLite",
        "sqlite",
        lambda op: op.alter_column("t", "c", comment="x"),
        sa.exc.CompileError,
        "comment of column 'c' of table 't': the sqlite dialect",
    ),
    (
        "identity on MySQL",
        "mysql",
        lambda op: op.alter_column(
            "t", "c", type_=sa.BigInteger(), existing_server_default=sa.Identity()
        ),
        NotImplementedError,
        r"ColumnType of column 'c' of table 't'. Use op.alter_column",
    ),
    (
        "missing type on MySQL",
        "mysql",
        lambda op: op.alter_column("t", "c", nullable=True),
        CommandError,
        "require the existing type",
    ),
    (
        "missing type on SQL Server",
        "mssql",
        lambda op: op.alter_column("t", "c", nullable=True),
        CommandError,
        "require the existing_type or a new type_",
    ),
    (
        "USING without a type",
        "postgresql",
        lambda op: op.alter_column("t", "c", postgresql_using="c::int"),
        CommandError,
        "postgresql_using must be used with the type_ parameter",
    ),
]


@pytest.mark.parametrize(
    "dialect, work, kind, message",
    [pytest.param(*call[1:], id=call[0]) for call in INVALID_CALLS],
)
def test_invalid_call_is_reported_and_writes_nothing(
    dialect: str, work: Callable[[Operations], Any], kind: type[Exception], message: str
) -> None:
    op, buffer = offline(dialect)
    with pytest.raises(kind, match=message):
        work(op)
    assert buffer.getvalue() == ""


def test_offline_comments_on_sql_server_use_schema_dbo() -> None:
    op, buffer = offline("mssql")
    op.alter_column("t", "c", existing_type=sa.Integer(), comment="x")
    assert "'schema', dbo, 'table', t, 'column', c" in buffer.getvalue()


def test_literal_binds_require_offline_mode() -> None:
    with pytest.raises(CommandError, match="literal_binds"):
        DefaultImpl(DefaultDialect(), None, False, None, None, {"literal_binds": True})


def test_comparison_result_has_a_state_and_a_message() -> None:
    different = ComparisonResult.Different(["a", "b"])
    assert (different.is_different, different.is_equal, different.is_skip) == (True, False, False)
    assert different.message == "a, b"
    assert ComparisonResult.Equal().is_equal
    assert ComparisonResult.Skip("why").message == "why"


class TestForeignKeys:
    def test_target_is_split_into_schema_table_and_column(self) -> None:
        key = sa.ForeignKey("s.t.c")
        sa.Table("here", sa.MetaData(), sa.Column("x", sa.Integer, key))
        assert sqla_compat._fk_target_is_named(key)
        assert sqla_compat._fk_target_tokens(key) == ("s", "t", "c")
        assert sqla_compat._fk_target_table_key(key) == "s.t"

    @pytest.mark.parametrize(
        "schema, target, expected",
        [
            (None, "t.id", True),
            (None, "other.id", False),
            ("s", "s.t.id", True),
            ("s", "t.id", False),
        ],
    )
    def test_key_to_its_own_table_is_self_referential(
        self, schema: str | None, target: str, expected: bool
    ) -> None:
        key = sa.ForeignKeyConstraint(["x"], [target])
        sa.Table(
            "t",
            sa.MetaData(),
            sa.Column("id", sa.Integer),
            sa.Column("x", sa.Integer),
            key,
            schema=schema,
        )
        assert sqla_compat._fk_is_self_referential(key) is expected

    def test_spec_has_all_attributes_of_a_key(self) -> None:
        metadata = sa.MetaData()
        sa.Table("r", metadata, sa.Column("id", sa.Integer), schema="far")
        key = sa.ForeignKeyConstraint(["x"], ["far.r.id"], ondelete="CASCADE", deferrable=True)
        sa.Table("t", metadata, sa.Column("x", sa.Integer), key)
        assert sqla_compat._fk_spec(key) == (
            *(None, "t", ["x"], "far", "r", ["id"], None, "CASCADE", True, None),
        )


def test_constraint_name_is_the_one_in_the_database() -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call] # SQLAlchemy has not annotated it
    convention = {"uq": "uq_%(table_name)s_%(column_0_name)s"}
    table = sa.Table(
        "t" * 70, sa.MetaData(naming_convention=convention), sa.Column("x", sa.Integer)
    )
    unique = sa.UniqueConstraint(table.c.x)
    name = sqla_compat._get_constraint_final_name(unique, dialect)
    assert name is not None
    assert name.startswith("uq_ttt")
    assert len(name) <= 63
    assert sqla_compat._constraint_is_named(unique, dialect)
    unnamed = sa.UniqueConstraint("x")
    sa.Table("u", sa.MetaData(), sa.Column("x", sa.Integer), unnamed)
    assert not sqla_compat._constraint_is_named(unnamed, dialect)


def test_column_with_modifiers_is_no_expression() -> None:
    table = sa.Table("t", sa.MetaData(), sa.Column("x", sa.Integer))
    assert not sqla_compat.is_expression(table.c.x)
    assert not sqla_compat.is_expression(table.c.x.desc().nulls_last())
    assert sqla_compat.is_expression(sa.func.lower(table.c.x))
    assert sqla_compat.is_expression(sa.text("x"))
    assert sqla_compat.is_expression(sa.literal_column("x"))


def test_expression_is_copied_to_another_table() -> None:
    source = sa.Table(
        "source", sa.MetaData(), sa.Column("x", sa.Integer), sa.Column("y", sa.Integer)
    )
    target = sa.Table("target", sa.MetaData(), sa.Column("x", sa.Integer))
    copied = sqla_compat._copy_expression(source.c.x + source.c.y, target)
    assert str(copied) == "target.x + target.y"
    assert list(target.c.keys()) == ["x", "y"]
