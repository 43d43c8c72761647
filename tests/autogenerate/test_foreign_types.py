"""Types, contexts and directives of other packages in the renderer and the rewriter."""

from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
import sqlalchemy as sa
from limbeck.autogenerate import Rewriter, render
from limbeck.operations import ops
from sqlalchemy.dialects import postgresql


class Foreign:
    """A directive that is no subclass of MigrateOperation."""


def script_with(*directives: Any) -> ops.MigrationScript:
    return ops.MigrationScript("a", ops.UpgradeOps(list(directives)), ops.DowngradeOps([]))


def rewrite(rewriter: Rewriter, script: ops.MigrationScript) -> list[Any]:
    directives = [script]
    rewriter(mock.sentinel.context, mock.sentinel.revision, directives)
    assert script.upgrade_ops is not None
    return script.upgrade_ops.ops


def test_rewriter_keeps_directives_without_a_function() -> None:
    rewriter = Rewriter()

    @rewriter.rewrites(ops.AddColumnOp)
    def twice(context: Any, revision: Any, op: ops.AddColumnOp) -> list[Any]:
        return [op, ops.DropColumnOp("t", "b")]

    foreign = Foreign()
    add = ops.AddColumnOp("t", sa.Column("a"))
    found = rewrite(rewriter, script_with(foreign, add, foreign))
    assert [type(op) for op in found] == [Foreign, ops.AddColumnOp, ops.DropColumnOp, Foreign]


def test_package_registers_the_traversal_of_its_directives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Rewriter, "_traverse", Rewriter._traverse.branch())
    rewriter = Rewriter()
    foreign = Foreign()
    seen = []

    @Rewriter._traverse.dispatch_for(Foreign)
    def through(self: Any, context: Any, revision: Any, directive: Any) -> None:
        seen.append((self, context, revision, directive))

    assert rewrite(rewriter, script_with(foreign)) == [foreign]
    assert seen == [(rewriter, mock.sentinel.context, mock.sentinel.revision, foreign)]


class OwnType(sa.types.UserDefinedType[Any]):
    """A user-defined type."""


def bare_context(**migration_context: Any) -> Any:
    """Return a context with no more attributes than the renderer of columns needs."""
    return SimpleNamespace(
        opts={
            "sqlalchemy_module_prefix": "sa.",
            "alembic_module_prefix": "op.",
            "user_module_prefix": "mine.",
            "render_item": None,
        },
        imports=set(),
        migration_context=SimpleNamespace(**migration_context),
    )


@pytest.mark.parametrize(
    ("type_", "code"),
    [
        (sa.Integer(), "sa.Integer()"),
        (sa.String(5), "sa.String(length=5)"),
        (postgresql.JSONB(), "postgresql.JSONB(astext_type=Text())"),
        (sa.ARRAY(sa.Integer), "sa.ARRAY(sa.Integer())"),
        (sa.String(5).with_variant(sa.Text(), "mysql"), None),
        (OwnType(), "mine.OwnType()"),
    ],
)
def test_type_is_rendered_without_impl(type_: sa.types.TypeEngine[Any], code: str | None) -> None:
    expected = code or "sa.String(length=5).with_variant(sa.Text(), 'mysql')"
    context = bare_context()
    assert render._repr_type(type_, context) == expected
    assert render._render_column(sa.Column("a", type_), context) == (
        f"sa.Column('a', {expected}, nullable=True)"
    )


def test_result_of_render_item_is_formatted() -> None:
    class Code:
        def __str__(self) -> str:
            return "made()"

    context = bare_context()
    context.opts["render_item"] = lambda kind, item, context: Code() if kind == "type" else False
    column = sa.Column("a", sa.Integer())
    assert render._render_column(column, context) == "sa.Column('a', made(), nullable=True)"


def test_prefix_of_user_defined_types() -> None:
    prefix: Any = vars(render)["__getattr__"]("_user_autogenerate_prefix")
    assert prefix(bare_context(), OwnType()) == "mine."
