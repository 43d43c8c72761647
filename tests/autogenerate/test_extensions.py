"""The functions of autogenerate that other packages call or extend."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from limbeck.autogenerate import Rewriter, render, render_op_text
from limbeck.autogenerate.context import AutogenContext
from limbeck.migration import MigrationContext
from limbeck.operations import ops
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.types import TypeDecorator

_PREFIXES: dict[str, Any] = {
    "sqlalchemy_module_prefix": "sa.",
    "alembic_module_prefix": "op.",
    "user_module_prefix": None,
}


class _CustomType(TypeDecorator[str]):
    impl = sa.String
    cache_ok = True


def context_without_impl(**changes: Any) -> Any:
    """Return a context as the test helpers of other packages create it: its migration context has no impl."""
    return SimpleNamespace(
        opts={**_PREFIXES, **changes}, migration_context=SimpleNamespace(), imports=set()
    )


@pytest.mark.parametrize(
    ("type_", "code"),
    [
        (sa.Integer(), "sa.Integer()"),
        (sa.String(5), "sa.String(length=5)"),
        (sa.ARRAY(sa.Integer), "sa.ARRAY(sa.Integer())"),
        (postgresql.JSONB(), "postgresql.JSONB(astext_type=Text())"),
        (
            sa.String().with_variant(sa.Text(), "mysql"),
            "sa.String().with_variant(sa.Text(), 'mysql')",
        ),
        (mysql.LONGTEXT(), "mysql.LONGTEXT()"),
        (_CustomType(), f"{__name__}._CustomType()"),
    ],
)
def test_column_and_type_are_rendered_without_impl(type_: Any, code: str) -> None:
    assert render._repr_type(type_, context_without_impl()) == code
    column = sa.Column("x", type_, nullable=False)
    assert (
        render._render_column(column, context_without_impl())
        == f"sa.Column('x', {code}, nullable=False)"
    )


@pytest.mark.parametrize(("option", "prefix"), [(None, f"{__name__}."), ("mine.", "mine.")])
def test_prefix_of_user_defined_types(option: str | None, prefix: str) -> None:
    context = context_without_impl(user_module_prefix=option)
    assert render._user_autogenerate_prefix(context, _CustomType()) == prefix  # type: ignore[attr-defined] # imported there for other packages


class _Code:
    """An object whose `str()` is code."""

    def __str__(self) -> str:
        return "made()"


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("type", "sa.Column('y', made(), server_default='5', nullable=True)"),
        ("server_default", "sa.Column('y', sa.Integer(), server_default=made(), nullable=True)"),
        ("column", "made()"),
    ],
)
def test_render_item_may_return_any_object(kind: str, code: str) -> None:
    def render_item(type_: str, item: Any, context: Any) -> Any:
        return _Code() if type_ == kind else False

    context = AutogenContext(
        MigrationContext.configure(dialect_name="sqlite"),
        opts={**_PREFIXES, "render_item": render_item},
        autogenerate=False,
    )
    table = sa.Table("t", sa.MetaData(), sa.Column("y", sa.Integer, server_default="5"))
    assert render_op_text(context, ops.AddColumnOp("t", table.c.y)) == f"op.add_column('t', {code})"
    assert f"\n{code}\n" in render_op_text(context, ops.CreateTableOp.from_table(table))


def test_render_item_is_called_without_impl() -> None:
    context = context_without_impl(
        render_item=lambda kind, item, context: _Code() if kind == "type" else False
    )
    column = sa.Column("a", sa.Integer())
    assert render._render_column(column, context) == "sa.Column('a', made(), nullable=True)"


class _Foreign:
    """A directive of another package that is not a subclass of MigrateOperation."""

    def __init__(self, name: str) -> None:
        self.name = name


def rewritten(rewriter: Rewriter, *directives: Any) -> list[Any]:
    """Return the upgrade operations of a script after a rewriter has processed it."""
    script = ops.MigrationScript("a", ops.UpgradeOps(list(directives)), ops.DowngradeOps([]))
    rewriter(None, ("x",), [script])  # type: ignore[arg-type] # no function here uses the context
    assert script.upgrade_ops is not None
    return list(script.upgrade_ops.ops)


def test_rewriter_keeps_foreign_directives() -> None:
    foreign = _Foreign("one")
    assert rewritten(Rewriter(), foreign) == [foreign]


def test_rewriter_with_another_function_keeps_foreign_directives() -> None:
    rewriter = Rewriter()

    @rewriter.rewrites(ops.AddColumnOp)
    def twice(context: Any, revision: Any, op: ops.AddColumnOp) -> list[Any]:
        return [op, ops.DropColumnOp("t", "b")]

    foreign = _Foreign("one")
    found = rewritten(rewriter, foreign, ops.AddColumnOp("t", sa.Column("a")), foreign)
    assert [type(op) for op in found] == [_Foreign, ops.AddColumnOp, ops.DropColumnOp, _Foreign]


def test_rewriter_calls_its_function_once_per_foreign_directive() -> None:
    rewriter = Rewriter()

    @rewriter.rewrites(_Foreign)  # type: ignore[arg-type] # other packages pass such classes
    def double(context: Any, revision: Any, directive: _Foreign) -> list[_Foreign]:
        return [directive, _Foreign(f"{directive.name} again")]

    found = rewritten(rewriter, _Foreign("one"))
    assert [directive.name for directive in found] == ["one", "one again"]
    assert [directive.name for directive in rewritten(rewriter, *found)] == ["one", "one again"]


def test_traverse_function_gets_alembics_parameters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        Rewriter._traverse, "_registry", dict(Rewriter._traverse._registry), raising=True
    )
    calls: list[Any] = []
    Rewriter._traverse.dispatch_for(_Foreign)(lambda *arguments: calls.append(arguments))
    rewriter, foreign = Rewriter(), _Foreign("one")
    assert rewritten(rewriter, foreign) == [foreign]
    assert calls == [(rewriter, None, ("x",), foreign)]
