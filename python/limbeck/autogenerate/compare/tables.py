"""Comparator of tables: finds added, removed and changed ones."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from sqlalchemy.util import OrderedSet, topological

from limbeck.autogenerate.compare import unchanged
from limbeck.autogenerate.compare.prefetch import prefetch_default_comparisons
from limbeck.autogenerate.compare.util import ReflectedTables, _InspectorConv
from limbeck.operations import ops
from limbeck.util import PriorityDispatchResult
from limbeck.util._own_tables import OWN_TABLES, SCRATCH_MARKER

if TYPE_CHECKING:
    from sqlalchemy import Table
    from sqlalchemy.engine import Inspector
    from sqlalchemy.sql.elements import quoted_name

    from limbeck.autogenerate.compare.records import RecordComparison
    from limbeck.autogenerate.context import AutogenContext
    from limbeck.operations.ops import ModifyTableOps, UpgradeOps
    from limbeck.runtime.plugins import Plugin

    _TableName = tuple[str | None, str]

log = logging.getLogger("alembic.autogenerate.compare.tables")


def compare_schema_tables(
    autogen_context: AutogenContext, upgrade_ops: UpgradeOps, schemas: set[str | None]
) -> PriorityDispatchResult:
    """Compare the tables of some schemas with those of the model."""
    inspector = autogen_context._bulk_inspector
    version_table = (
        autogen_context.migration_context.version_table_schema,
        autogen_context.migration_context.version_table,
    )
    own_tables = {(version_table[0], name) for name in OWN_TABLES} | {(None, SCRATCH_MARKER)}
    owned = autogen_context._owned_tables
    in_database: OrderedSet[_TableName] = OrderedSet()
    for schema in sorted(schemas, key=lambda name: name or ""):
        available = [
            name
            for name in inspector.get_table_names(schema)
            if (schema, name) != version_table and (schema, name) not in own_tables
        ]
        wanted = [
            name
            for name in available
            if autogen_context.run_name_filters(name, "table", {"schema_name": schema})
        ]
        if owned is not None:
            wanted = owned.select(schema, wanted)
        inspector.pre_cache_tables(schema, wanted, available)
        in_database.update((schema, name) for name in wanted)
    if owned is not None:
        owned.log()
    in_model = OrderedSet(
        (table.schema, table.name)
        for table in autogen_context.sorted_tables
        if (table.schema, table.name) != version_table
    )
    _compare_tables(in_database, in_model, inspector, upgrade_ops, autogen_context)
    return PriorityDispatchResult.CONTINUE


def _compare_tables(
    conn_table_names: Collection[_TableName],
    metadata_table_names: Iterable[_TableName],
    inspector: Inspector | _InspectorConv,
    upgrade_ops: UpgradeOps,
    autogen_context: AutogenContext,
) -> None:
    """Add the directives that turn the database's tables into the model's to `upgrade_ops`."""
    comparison = _TableComparison(
        autogen_context, upgrade_ops, _InspectorConv.over(inspector), metadata_table_names
    )
    in_database = set(conn_table_names)
    in_model = comparison.model_tables
    comparison.add(name for name in in_model if name not in in_database)
    comparison.remove(name for name in conn_table_names if name not in in_model)
    comparison.alter(name for name in conn_table_names if name in in_model)


class _TableComparison:
    """A comparison of tables: both sides, and the container of the differences."""

    def __init__(
        self,
        autogen_context: AutogenContext,
        upgrade_ops: UpgradeOps,
        inspector: _InspectorConv,
        model_names: Iterable[_TableName],
    ) -> None:
        self._context = autogen_context
        self._differences = upgrade_ops.ops
        self._inspector = inspector
        self._impl = autogen_context.migration_context.impl
        # `None` stands for the default schema; the model may state its name instead
        default = inspector.bind.dialect.default_schema_name
        self.model_tables: dict[_TableName, Table] = {
            (
                None if schema == default else schema,
                name,
            ): autogen_context.table_key_to_table[_qualified(schema, name)]
            for schema, name in model_names
        }

    def add(self, names: Iterable[_TableName]) -> None:
        """Create tables that only the model has, in dependency order."""
        for schema, name in names:
            table = self.model_tables[schema, name]
            if not self._context.run_object_filters(table, name, "table", False, None):
                continue
            self._differences.append(ops.CreateTableOp.from_table(table))
            log.info("Detected added table %r", _qualified(schema, name))
            self._compare_parts(schema, name, None, table)

    def remove(self, names: Iterable[_TableName]) -> None:
        """Drop tables that only the database has, each before the tables it refers to."""
        reflected = ReflectedTables(self._inspector, self._impl.autogen_column_reflect)
        for schema, name in self._dependents_first(list(names)):
            table = reflected.load([(schema, name)])[schema, name]
            if not self._context.run_object_filters(table, name, "table", True, None):
                continue
            self._compare_parts(schema, name, table, None)
            self._differences.append(ops.DropTableOp.from_table(table))
            log.info("Detected removed table %r", _qualified(schema, name))

    def alter(self, names: Iterable[_TableName]) -> None:
        """Compare tables that exist on both sides, by schema and name."""
        in_order = sorted(names, key=lambda key: (key[0] or "", key[1]))
        records = self._context._short_cuts.tables
        if records is not None:
            self._alter_changed(in_order, records)
            return
        tables = ReflectedTables(self._inspector, self._impl.autogen_column_reflect)
        reflected = tables.load(in_order)
        self._prefetch(in_order, reflected)
        for schema, name in in_order:
            conn_table, model_table = reflected[schema, name], self.model_tables[schema, name]
            if self._context.run_object_filters(model_table, name, "table", False, conn_table):
                self._compare_parts(schema, name, conn_table, model_table)

    def _alter_changed(self, in_order: list[_TableName], records: RecordComparison) -> None:
        """Compare the tables whose records differ from the model, and reflect no other tables."""
        unchanged_tables = unchanged.UnchangedTables(self._context, self._inspector, records)
        skipped = unchanged_tables.find({key: self.model_tables[key] for key in in_order})
        changed = [key for key in in_order if key not in skipped]
        tables = ReflectedTables(self._inspector, unchanged_tables.on_column)
        reflected = tables.load(self._with_targets(changed, in_order))
        self._prefetch(changed, reflected)
        for key in in_order if self._context._name_filters else changed:
            if key in skipped:
                answers = unchanged_tables.run_name_filters(*key)
                if all(answers):
                    continue
                # The comparison asks again from the beginning; the hooks are not called twice.
                self._context._known_answers.extend(answers)
                reflected |= tables.load(self._with_targets([key], in_order))
            self._compare_parts(*key, reflected[key], self.model_tables[key])

    def _prefetch(self, names: list[_TableName], reflected: Mapping[_TableName, Table]) -> None:
        prefetch_default_comparisons(
            self._context, ((reflected[key], self.model_tables[key]) for key in names)
        )

    def _compare_parts(
        self,
        schema: str | None,
        name: str,
        conn_table: Table | None,
        metadata_table: Table | None,
    ) -> None:
        """Compare the parts of a table, and add the differences."""
        changes = ops.ModifyTableOps(name, [], schema=schema)
        with contextlib.ExitStack() as stack:
            if conn_table is not None and metadata_table is not None:
                stack.enter_context(
                    _compare_columns(
                        schema,
                        name,
                        conn_table,
                        metadata_table,
                        changes,
                        self._context,
                        self._inspector,
                    )
                )
            compare = self._context.comparators.dispatch(
                "table", qualifier=self._context.dialect.name
            )
            compare(self._context, changes, schema, name, conn_table, metadata_table)
        if not changes.is_empty():
            self._differences.append(changes)

    def _with_targets(
        self, wanted: list[_TableName], available: list[_TableName]
    ) -> list[_TableName]:
        """Return the wanted tables and all that they depend on, in the order of `available`."""
        all_names, selected, pending = set(available), set(wanted), list(wanted)
        if len(selected) == len(all_names):
            return available
        while pending:
            schema, name = pending.pop()
            for record in self._inspector.bulk_foreign_keys(name, schema):
                target = (record["referred_schema"], record["referred_table"])
                if target in all_names and target not in selected:
                    selected.add(target)
                    pending.append(target)
        return [key for key in available if key in selected]

    def _dependents_first(self, names: list[_TableName]) -> list[_TableName]:
        if len(names) < 2:
            return names
        references: set[tuple[_TableName, _TableName]] = set()
        for child in names:
            for record in self._inspector.bulk_foreign_keys(child[1], child[0]):
                parent = (record["referred_schema"], record["referred_table"])
                if parent != child and parent in names:
                    references.add((child, parent))
        in_cycles = topological.find_cycles(references, names)
        return list(
            topological.sort(
                {pair for pair in references if not in_cycles.issuperset(pair)},
                names,
                deterministic_order=True,
            )
        )


@contextlib.contextmanager
def _compare_columns(
    schema: str | None,
    tname: quoted_name | str,
    conn_table: Table,
    metadata_table: Table,
    modify_table_ops: ModifyTableOps,
    autogen_context: AutogenContext,
    inspector: Inspector | _InspectorConv,
) -> Iterator[None]:
    """Compare columns: added and changed ones now, removed ones at the end of the block.

    Constraints and indexes are compared in between: those of a new column follow it, those of a
    removed column precede its removal.
    """
    found = modify_table_ops.ops
    records = autogen_context._short_cuts.columns
    full_name = _qualified(schema, tname)
    include = autogen_context.run_object_filters
    in_model = {column.name: column for column in metadata_table.c if not column.system}
    in_database = {
        column.name: column
        for column in conn_table.c
        if autogen_context.run_name_filters(
            column.name, "column", {"table_name": tname, "schema_name": schema}
        )
    }
    for name, column in in_model.items():
        if name not in in_database and include(column, name, "column", False, None):
            found.append(ops.AddColumnOp.from_column_and_tablename(schema, tname, column))
            log.info("Detected added column '%s.%s'", full_name, name)
    compare = autogen_context.comparators.dispatch("column", qualifier=autogen_context.dialect.name)
    for name, column in in_model.items():
        reflected = in_database.get(name)
        if reflected is None or not include(column, name, "column", False, reflected):
            continue
        if records is not None and records.is_column_equal(reflected, column):
            continue
        change = ops.AlterColumnOp(tname, name, schema=schema)
        compare(autogen_context, change, schema, tname, name, reflected, column)
        if change.has_changes():
            found.append(change)
    yield
    # reversed, so that a downgrade restores their order
    for name, column in reversed(in_database.items()):
        if name not in in_model and include(column, name, "column", True, None):
            found.append(ops.DropColumnOp.from_column_and_tablename(schema, tname, column))
            log.info("Detected removed column '%s.%s'", full_name, name)


def _qualified(schema: str | None, name: str) -> str:
    return f"{schema}.{name}" if schema else name


def setup(plugin: Plugin) -> None:
    """Register the comparator of this module."""
    plugin.add_autogenerate_comparator(compare_schema_tables, "schema", "tables")
