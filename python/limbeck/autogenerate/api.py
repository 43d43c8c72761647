"""Autogenerate as a library: compare a database with a model without the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from limbeck.autogenerate import compare, render
from limbeck.autogenerate.context import AutogenContext
from limbeck.autogenerate.revision import RevisionContext
from limbeck.operations import ops
from limbeck.runtime.migration import MigrationContext
from limbeck.runtime.plugins import Plugin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import MetaData

    from limbeck.operations.ops import DowngradeOps, MigrationScript, UpgradeOps
    from limbeck.runtime.environment import RenderItemFn

__all__ = (
    "AutogenContext",
    "Plugin",
    "RevisionContext",
    "compare_metadata",
    "produce_migrations",
    "render_python_code",
)


def compare_metadata(context: MigrationContext, metadata: MetaData) -> Any:
    """Compare a database with a model, and return the differences as a list of tuples.

    Each tuple starts with the name of the change: `("add_table", Table(...))` or
    `("add_column", schema, table_name, Column(...))`. The changes of one column form a
    nested list.

    :param context: a `MigrationContext` with a connection; its `opts` are those of
        `EnvironmentContext.configure()`, including hooks.
    :param metadata: the model.
    :raises CommandError: if the context is in offline mode.
    """
    script = produce_migrations(context, metadata)
    assert script.upgrade_ops is not None
    return script.upgrade_ops.as_diffs()


def produce_migrations(context: MigrationContext, metadata: MetaData) -> MigrationScript:
    """Compare a database with a model, and return a script with the directives for the differences.

    :param context: a `MigrationContext` with a connection, as for `compare_metadata()`.
    :param metadata: the model.
    :raises CommandError: if the context is in offline mode.
    """
    script = ops.MigrationScript(
        rev_id=None, upgrade_ops=ops.UpgradeOps([]), downgrade_ops=ops.DowngradeOps([])
    )
    compare._populate_migration_script(AutogenContext(context, metadata=metadata), script)
    return script


def render_python_code(
    up_or_down_op: UpgradeOps | DowngradeOps,
    sqlalchemy_module_prefix: str = "sa.",
    alembic_module_prefix: str = "op.",
    render_as_batch: bool = False,
    imports: Sequence[str] = (),
    render_item: RenderItemFn | None = None,
    migration_context: MigrationContext | None = None,
    user_module_prefix: str | None = None,
) -> str:
    """Render the body of an `upgrade()` or `downgrade()` function.

    :param up_or_down_op: the directives.
    :param sqlalchemy_module_prefix: the prefix of SQLAlchemy's names.
    :param alembic_module_prefix: the prefix of the directives.
    :param render_as_batch: render the changes of a table as a `batch_alter_table()` block.
    :param imports: import lines, to which renderers add their own.
    :param render_item: a hook that replaces the built-in renderer of an item.
    :param migration_context: provides the dialect; by default SQLAlchemy's default dialect.
    :param user_module_prefix: the prefix of types that are not SQLAlchemy's.
    """
    if migration_context is None:
        from sqlalchemy.engine.default import DefaultDialect

        migration_context = MigrationContext.configure(dialect=DefaultDialect())
    context = AutogenContext(
        migration_context,
        opts={
            "sqlalchemy_module_prefix": sqlalchemy_module_prefix,
            "alembic_module_prefix": alembic_module_prefix,
            "render_item": render_item,
            "render_as_batch": render_as_batch,
            "user_module_prefix": user_module_prefix,
        },
        autogenerate=False,
    )
    context.imports = set(imports)
    return render.indented(render._render_cmd_body(up_or_down_op, context))


def _render_migration_diffs(context: MigrationContext, template_args: dict[Any, Any]) -> None:
    """Compare the database with the model, and add the rendered code to `template_args`."""
    autogen_context = AutogenContext(context)
    upgrade_ops = ops.UpgradeOps([])
    compare._produce_net_changes(autogen_context, upgrade_ops)
    script = ops.MigrationScript(
        rev_id=None, upgrade_ops=upgrade_ops, downgrade_ops=upgrade_ops.reverse()
    )
    render._render_python_into_templatevars(autogen_context, script, template_args)
