"""Comparator of indexes and unique constraints, which some databases report as indexes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.sql.elements import ClauseElement

from limbeck.autogenerate.compare import reflected
from limbeck.operations import ops
from limbeck.operations._ops.indexes import IndexOfDroppedTableOp
from limbeck.snapshot.sql_text import folded, without_parentheses
from limbeck.util import PriorityDispatchResult, sqla_compat

if TYPE_CHECKING:
    from sqlalchemy import Table
    from sqlalchemy.engine import Dialect
    from sqlalchemy.sql.elements import quoted_name

    from limbeck.autogenerate.context import AutogenContext
    from limbeck.ddl.impl import DefaultImpl
    from limbeck.operations.ops import MigrateOperation, ModifyTableOps

log = logging.getLogger("alembic.autogenerate.compare.constraints")


@dataclass(frozen=True, eq=False)
class _Item:
    """An index or a unique constraint, with its name."""

    object: Index | UniqueConstraint

    @property
    def name(self) -> Any:
        """The name for hooks and log lines: not truncated, even if the database truncates it."""
        name = self.object.name
        return name if self.is_index else sqla_compat.constraint_name_or_none(name)

    @property
    def is_index(self) -> bool:
        return isinstance(self.object, Index)

    @property
    def filter_type(self) -> Any:
        return "index" if self.is_index else "unique_constraint"

    @property
    def title(self) -> str:
        return "index" if self.is_index else "unique constraint"

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.object.columns)

    @property
    def columns(self) -> tuple[str, ...]:
        """The sorted column names."""
        return tuple(sorted(self.column_names))


class _Side:
    """The indexes and unique constraints of one side."""

    def __init__(self) -> None:
        self.uniques: set[UniqueConstraint] = set()
        self.indexes: set[Index] = set()
        self.named_uniques: dict[str, _Item] = {}
        self.named_indexes: dict[str, _Item] = {}
        self.unnamed_uniques: list[_Item] = []

    def group_by_name(self, names: Callable[[Any], str | None]) -> None:
        """Group the items by name, after the dialect's corrections.

        :param names: returns the name in the database, `None` if the database chooses it.
        """
        unnamed: dict[tuple[str, ...], _Item] = {}
        for unique in _in_stable_order(self.uniques):
            name = names(unique)
            if name is None:
                unnamed.setdefault(_Item(unique).columns, _Item(unique))
            else:
                self.named_uniques[name] = _Item(unique)
        self.unnamed_uniques = list(unnamed.values())
        for index in _in_stable_order(self.indexes):
            name = names(index)
            if name is None:
                continue
            if index.name is None:
                name = self._unused_key(name)
            self.named_indexes[name] = _Item(index)

    def _unused_key(self, name: str) -> str:
        """Return an unused key for an index without a name of its own."""
        # no name in a database contains this character
        return f"{name}\0{len(self.named_indexes)}" if name in self.named_indexes else name

    @property
    def names(self) -> set[str]:
        return {*self.named_uniques, *self.named_indexes}

    @property
    def unique_columns(self) -> set[tuple[str, ...]]:
        """The columns of each unique constraint, named or not."""
        return {item.columns for item in (*self.named_uniques.values(), *self.unnamed_uniques)}

    def get(self, name: str, *, like: _Item | None = None) -> _Item:
        """Return the item of a name.

        If an index and a unique constraint have the name, `like` decides the kind; without it,
        the index is returned.
        """
        unique, index = self.named_uniques.get(name), self.named_indexes.get(name)
        if unique is None or index is None:
            found = unique or index
            assert found is not None
            return found
        return unique if like is not None and not like.is_index else index


def _in_stable_order(items: Iterable[Any]) -> list[Any]:
    """Return a set of constraints or indexes in a deterministic order."""
    return sorted(
        items,
        key=lambda item: (
            item.name is None,  # an unnamed index must not take another one's name
            str(item.name or ""),
            getattr(item, "_creation_order", 0),
            [str(column.name) for column in item.columns],
        ),
    )


def _compare_indexes_and_uniques(
    autogen_context: AutogenContext,
    modify_ops: ModifyTableOps,
    schema: str | None,
    tname: quoted_name | str,
    conn_table: Table | None,
    metadata_table: Table | None,
) -> PriorityDispatchResult:
    """Compare the indexes and unique constraints of a table, including new and dropped ones."""
    comparison = _Comparison(autogen_context, modify_ops, schema, tname)
    comparison.only_on_one_side = conn_table is None or metadata_table is None
    if conn_table is not None:
        comparison.read_records()
        if metadata_table is not None and comparison.are_records_equal(metadata_table):
            return PriorityDispatchResult.CONTINUE
        comparison.read_database(conn_table)
    if metadata_table is not None:
        comparison.read_model(metadata_table)
    comparison.run()
    return PriorityDispatchResult.CONTINUE


class _Comparison:
    """The comparison of one table's indexes and unique constraints."""

    #: Whether the table is added or removed; otherwise both sides have it.
    only_on_one_side = False

    def __init__(
        self,
        autogen_context: AutogenContext,
        modify_ops: ModifyTableOps,
        schema: str | None,
        tname: quoted_name | str,
    ) -> None:
        self._context = autogen_context
        self._differences = modify_ops.ops
        self._schema = schema
        self._tname = tname
        self._impl: DefaultImpl = autogen_context.migration_context.impl
        self._dialect: Dialect = autogen_context.dialect
        self._uniques: list[Any] = []
        self._indexes: list[Any] = []
        self._database = _Side()
        self._model = _Side()
        # If False, unique constraints are not compared. A unique index of the database may then
        # belong to one, so it is kept if the model lacks it.
        self._reports_uniques = False
        self._has_duplicates = False
        #: The indexes of a dropped table that are dropped before it.
        self._dropped: set[str] = set()

    # -- the two sides ---------------------------------------------------------------

    def read_records(self) -> None:
        """Read the records that the user's filters include from the database."""
        inspector = self._context._bulk_inspector
        uniques: list[Any] = []
        try:
            uniques = inspector.get_unique_constraints(self._tname, schema=self._schema)
            self._reports_uniques = True
        except NotImplementedError:
            pass
        self._uniques = [
            record for record in uniques if self._passes_name_filters(record, "unique_constraint")
        ]
        self._has_duplicates = any(record.get("duplicates_index") for record in self._uniques)
        self._indexes = [
            record
            for record in inspector.get_indexes(self._tname, schema=self._schema)
            if self._passes_name_filters(record, "index")
        ]

    def are_records_equal(self, model: Table) -> bool:
        """Return whether the records are known to equal the model."""
        records = self._context._short_cuts.indexes
        if records is None or not self._reports_uniques:
            return False
        keys = self._context._bulk_inspector.bulk_foreign_keys(self._tname, self._schema)
        return records.are_indexes_equal(self._indexes, self._uniques, keys, model)

    def read_database(self, table: Table) -> None:
        """Make the items of the database from the records."""
        if not self.only_on_one_side:  # dropped with their table
            self._database.uniques = {
                reflected.unique_constraint(self._impl, record, table) for record in self._uniques
            }
        self._database.indexes = {
            reflected.index(self._impl, record, table) for record in self._indexes
        }

    def _passes_name_filters(self, record: Any, type_: Any) -> bool:
        return self._context.run_name_filters(
            record["name"], type_, {"table_name": self._tname, "schema_name": self._schema}
        )

    def read_model(self, table: Table) -> None:
        """Read the items of the model."""
        self._model.uniques = {
            item for item in table.constraints if isinstance(item, UniqueConstraint)
        }
        self._model.indexes = set(table.indexes)

    def _final_name(self, item: Any) -> str | None:
        """Return the name in the database; `None` if the database chooses it.

        An unnamed index, without a naming convention for indexes, gets the name that
        `create_index()` is rendered with.
        """
        if item.name is None and isinstance(item, Index):
            item = ops.CreateIndexOp.from_index(item).to_index()
        return sqla_compat._get_constraint_final_name(item, self._dialect)

    def _separate_duplicates(self) -> None:
        """Decide by the model what each item is that the database reports as constraint and index.

        If the model has a unique constraint of that name, it is a unique constraint, and also an
        index if the model has a unique index of that name. Otherwise it is an index, and also a
        unique constraint if the model has an unnamed one on the same columns.
        """
        wanted_uniques: set[str] = set()
        unnamed: set[tuple[str, ...]] = set()
        for unique in self._model.uniques:
            name = self._final_name(unique)
            if name is None:
                unnamed.add(_Item(unique).columns)
            else:
                wanted_uniques.add(name)
        wanted_indexes = {self._final_name(index) for index in self._model.indexes if index.unique}
        indexes_by_name: dict[Any, Index] = {index.name: index for index in self._database.indexes}
        for unique in list(self._database.uniques):
            if not unique.info.get("duplicates_index"):
                continue
            if unique.name not in wanted_uniques:
                if _Item(unique).columns not in unnamed:
                    self._database.uniques.discard(unique)
            elif unique.name not in wanted_indexes and unique.name in indexes_by_name:
                self._database.indexes.discard(indexes_by_name[unique.name])

    # -- the comparison --------------------------------------------------------------

    def run(self) -> None:
        """Compare by name, and unnamed unique constraints by columns."""
        database, model = self._database, self._model
        if self._has_duplicates:
            self._separate_duplicates()
        all_indexes = set(model.indexes)
        self._impl.correct_for_autogen_constraints(
            database.uniques, database.indexes, model.uniques, model.indexes
        )
        self._compare_unreflected(all_indexes - model.indexes)
        database.group_by_name(lambda item: sqla_compat.constraint_name_or_none(item.name))
        model.group_by_name(self._final_name)

        for name in sorted(database.names - model.names):
            self._compare_missing(name)
        for name in sorted(database.names & model.names):
            wanted = model.get(name)
            self._compare(database.get(name, like=wanted), wanted)
        for name in sorted(model.names - database.names):
            item = model.get(name)
            if item.is_index or self._is_made("unique", name):
                self._add(item)
        existing_columns = database.unique_columns
        for item in model.unnamed_uniques:
            if item.columns not in existing_columns and self._is_made(
                "unnamed unique", ", ".join(item.columns)
            ):
                self._add(item)

    def _is_made(self, kind: Literal["unique", "unnamed unique"], name: str) -> bool:
        """Return whether the server makes a unique constraint that the database does not have."""
        if self.only_on_one_side or not self._reports_uniques:
            return True
        table = (self._schema, self._tname)
        return self._context._decision.differs(kind, table, name, by_text=True)

    def _compare_missing(self, name: str) -> None:
        """Remove an item whose name the model lacks, unless the model has it under another name."""
        database, model = self._database, self._model
        item = database.get(name)
        unique = database.named_uniques.get(name)
        unnamed = {wanted.columns for wanted in model.unnamed_uniques}
        if unique is not None and unique.columns in unnamed:
            return  # the model leaves the name to the database
        if unique is not None and name in database.named_indexes:
            # reported as both; it is removed only if the model has neither on these columns
            model_items = (*model.named_indexes.values(), *model.named_uniques.values())
            if any(unique.columns == wanted.columns for wanted in model_items):
                return
        self._remove(item)

    def _compare(self, existing: _Item, wanted: _Item) -> None:
        if existing.is_index is not wanted.is_index:
            self._remove(existing)
            self._add(wanted)
            return
        compare: Any = (
            self._impl.compare_indexes if wanted.is_index else self._impl.compare_unique_constraint
        )
        result = compare(wanted.object, existing.object)
        if wanted.is_index:
            differs = self._context._decision.differs(
                "index",
                (self._schema, self._tname),
                str(existing.object.name),
                by_text=result.is_different,
                is_certain=lambda: not result.is_skip and self._have_same_options(existing, wanted),
            )
        else:
            differs = result.is_different
        if differs:
            self._change(existing, wanted, result.message or "as the server writes it")
        elif result.is_skip:
            log.info(
                "Cannot compare %s %r, assuming equal and skipping. %s",
                wanted.title,
                existing.name,
                result.message,
            )

    def _compare_unreflected(self, indexes: Iterable[Index]) -> None:
        """Compare the indexes of the model that reflection does not show, if the server is asked."""
        decision = self._context._decision
        table = (self._schema, self._tname)
        if not decision.asks_server or self.only_on_one_side:
            return
        for index in _in_stable_order(filter(sqla_compat.is_expression_index, indexes)):
            if not decision.shows_more_indexes(table):
                return
            item, name = _Item(index), str(self._final_name(index))
            existing = decision.index(table, name)
            if existing is None:
                self._add(item)
            elif decision.differs("index", table, name, by_text=False, is_certain=lambda: False):
                self._change(_Item(existing), item, "as the server writes it")

    def _have_same_options(self, *items: _Item) -> bool:
        """Return whether two indexes have the same options of the dialect, in text."""
        texts = [
            {
                option.partition("_")[2]: self._as_text(value)
                for option, value in item.object.dialect_kwargs.items()
                if (isinstance(value, ClauseElement) or value)
                and option.startswith(f"{self._dialect.name}_")
            }
            for item in items
        ]
        return texts[0] == texts[1]

    def _as_text(self, value: Any) -> str:
        if isinstance(value, ClauseElement):
            value = self._impl.render_ddl_sql_expr(value)
        return folded(without_parentheses(str(value)))

    # -- findings --------------------------------------------------------------------

    def _add(self, item: _Item) -> None:
        if not item.is_index and (self.only_on_one_side or not self._reports_uniques):
            return  # part of CREATE TABLE, or excluded from the comparison
        if self._passes_object_filters(item, reflected=False, against=None):
            self._differences.append(_creation(item))
            log.info("Detected added %s %r on '%s'", item.title, item.name, item.column_names)

    def _remove(self, item: _Item) -> None:
        if item.is_index:
            if item.object.unique and not self._reports_uniques:  # type: ignore[union-attr] # is_index
                return
        elif self.only_on_one_side:
            return  # dropped with its table
        if self._passes_object_filters(item, reflected=True, against=None):
            is_kept = self.only_on_one_side and self._is_needed(item)
            self._differences.append(
                IndexOfDroppedTableOp.from_index(item.object) if is_kept else _removal(item)  # type: ignore[arg-type] # an index
            )
            log.info("Detected removed %s %r on %r", item.title, item.name, self._tname)

    def _is_needed(self, item: _Item) -> bool:
        """Return whether MySQL refuses to drop an index of a dropped table, as a foreign key has no other one."""
        if self._dialect.name not in ("mysql", "mariadb"):
            return False
        read = self._context._bulk_inspector.bulk_records
        indexes = {
            record["name"]: record["column_names"]
            for record in read("indexes", self._tname, self._schema) or []
            if record["name"] not in self._dropped
        }
        primary_key = read("pk_constraint", self._tname, self._schema) or {}
        own = indexes.pop(str(item.name), [])
        others = [*indexes.values(), primary_key.get("constrained_columns", [])]
        for key in read("foreign_keys", self._tname, self._schema) or []:
            columns = set(key["constrained_columns"])
            if _begins_with(own, columns) and not any(_begins_with(o, columns) for o in others):
                return True
        self._dropped.add(str(item.name))
        return False

    def _change(self, existing: _Item, wanted: _Item, message: str) -> None:
        if self._passes_object_filters(wanted, reflected=False, against=existing):
            log.info(
                "Detected changed %s %r on %r: %s",
                wanted.title,
                existing.name,
                self._tname,
                message,
            )
            self._differences += [_removal(existing), _creation(wanted)]

    def _passes_object_filters(
        self, item: _Item, *, reflected: bool, against: _Item | None
    ) -> bool:
        return self._context.run_object_filters(
            item.object,
            item.name,
            item.filter_type,
            reflected,
            against.object if against is not None else None,
        )


def _begins_with(entries: list[str], columns: set[str]) -> bool:
    return set(entries[: len(columns)]) == columns


def _creation(item: _Item) -> MigrateOperation:
    if isinstance(item.object, Index):
        return ops.CreateIndexOp.from_index(item.object)
    return ops.AddConstraintOp.from_constraint(item.object)


def _removal(item: _Item) -> MigrateOperation:
    if isinstance(item.object, Index):
        return ops.DropIndexOp.from_index(item.object)
    return ops.DropConstraintOp.from_constraint(item.object)
