"""Comparison of all server defaults in one statement."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from limbeck.autogenerate.compare.server_defaults import (
    _render_server_default_for_compare,
    reflected_default_text,
)

if TYPE_CHECKING:
    from sqlalchemy import Table

    from limbeck.autogenerate.context import AutogenContext


def prefetch_default_comparisons(
    autogen_context: AutogenContext, pairs: Iterable[tuple[Table, Table]]
) -> None:
    """Let the dialect compare all server defaults at once, if it uses the database for that.

    Does nothing if defaults are not compared, or if a function of the user compares them: it may
    prevent the evaluation of some defaults.

    :param autogen_context: the state of this run.
    :param pairs: the reflected table and the model's table of each table to compare.
    """
    migration_context = autogen_context.migration_context
    setting = migration_context._user_compare_server_default
    if setting is False or callable(setting):
        return
    columns = []
    for conn_table, metadata_table in pairs:
        reflected = {column.name: column for column in conn_table.c}
        for column in metadata_table.c:
            counterpart = reflected.get(column.name)
            if counterpart is None:
                continue
            existing = reflected_default_text(counterpart)
            wanted = _render_server_default_for_compare(column.server_default, autogen_context)
            if existing is not None and wanted is not None:
                columns.append((counterpart, column, wanted, existing))
    if columns:
        migration_context.impl._prefetch_default_comparisons(columns)
