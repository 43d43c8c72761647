"""Comparator of foreign keys: by columns and options, not by name."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, NamedTuple

from limbeck.autogenerate.compare import reflected
from limbeck.operations import ops
from limbeck.util import PriorityDispatchResult

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import ForeignKeyConstraint, Table
    from sqlalchemy.sql.elements import quoted_name

    from limbeck.autogenerate.context import AutogenContext
    from limbeck.operations.ops import ModifyTableOps

log = logging.getLogger("alembic.autogenerate.compare.constraints")


class _ForeignKeyIdentity(NamedTuple):
    """The properties in which equal foreign keys agree."""

    source: tuple[Any, ...]
    target: tuple[Any, ...]
    options: tuple[Any, ...]


def _identity(key: ForeignKeyConstraint, *, with_options: bool) -> _ForeignKeyIdentity:
    remote = [element.column for element in key.elements]
    options = (
        _effective_options(key.onupdate, key.ondelete, key.deferrable, key.initially)
        if with_options
        else ()
    )
    return _ForeignKeyIdentity(
        (key.parent.schema, key.parent.name, *_source_names(key)),
        (remote[0].table.schema, remote[0].table.name, *(column.name for column in remote)),
        options,
    )


def _source_names(key: ForeignKeyConstraint) -> list[str]:
    return [element.parent.name for element in key.elements]


def _effective_options(
    onupdate: str | None, ondelete: str | None, deferrable: bool | None, initially: str | None
) -> tuple[str | None, ...]:
    """Return the options of a foreign key, with the defaults filled in."""
    return _action(onupdate), _action(ondelete), _deferral(deferrable, initially)


def _action(clause: str | None) -> str | None:
    lowered = (clause or "").lower()
    return None if lowered in ("", "no action") else lowered


def _deferral(deferrable: bool | None, initially: str | None) -> str:
    if initially and initially.lower() == "deferred":
        return "deferred"
    return "deferrable" if deferrable else "immediate"


def _by_identity(
    keys: Iterable[ForeignKeyConstraint], *, with_options: bool
) -> dict[_ForeignKeyIdentity, ForeignKeyConstraint]:
    in_order = sorted(keys, key=lambda key: key._creation_order)
    return {_identity(key, with_options=with_options): key for key in in_order}


def _compare_foreign_keys(
    autogen_context: AutogenContext,
    modify_table_ops: ModifyTableOps,
    schema: str | None,
    tname: quoted_name | str,
    conn_table: Table | None,
    metadata_table: Table | None,
) -> PriorityDispatchResult:
    """Compare the foreign keys of a table that exists on both sides."""
    if conn_table is None or metadata_table is None:
        return PriorityDispatchResult.CONTINUE  # created and dropped with their table
    records: list[Any] = [
        record
        for record in autogen_context._bulk_inspector.get_foreign_keys(tname, schema=schema)
        if autogen_context.run_name_filters(
            record["name"],
            "foreign_key_constraint",
            {"table_name": tname, "schema_name": schema},
        )
    ]
    comparison = autogen_context._short_cuts.foreign_keys
    if comparison is not None and comparison.are_foreign_keys_equal(
        (schema, tname), records, metadata_table
    ):
        return PriorityDispatchResult.CONTINUE
    model = set(metadata_table.foreign_key_constraints)
    database = {reflected.foreign_key(record, conn_table) for record in records}
    autogen_context.migration_context.impl.correct_for_autogen_foreignkeys(database, model)

    with_options = bool(records) and "options" in records[0]
    existing = _by_identity(database, with_options=with_options)
    wanted = _by_identity(model, with_options=with_options)
    differences = (
        ("removed", existing, wanted, ops.DropConstraintOp),
        ("added", wanted, existing, ops.CreateForeignKeyOp),
    )
    for verb, side, other_side, directive in differences:
        counterparts: dict[Any, ForeignKeyConstraint] = {
            key.name: key for key in other_side.values() if key.name is not None
        }
        for identity, key in side.items():
            if identity in other_side or not autogen_context.run_object_filters(
                key,
                key.name,
                "foreign_key_constraint",
                verb == "removed",
                counterparts.get(key.name),
            ):
                continue
            modify_table_ops.ops.append(directive.from_constraint(key))
            log.info(
                "Detected %s foreign key (%s)(%s) on table %s%s",
                verb,
                ", ".join(_source_names(key)),
                ", ".join(element.column.name for element in key.elements),
                f"{schema}." if schema else "",
                tname,
            )
    return PriorityDispatchResult.CONTINUE
