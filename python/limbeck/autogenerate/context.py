"""The state of one run of autogenerate: the connection, the model, the user's hooks."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import inspect

from limbeck import util
from limbeck.autogenerate._owned import OwnedTables, owned_tables_of
from limbeck.autogenerate._plugins import enabled_plugins
from limbeck.autogenerate._renames.renames import NOTHING, Renames
from limbeck.autogenerate._roundtrip.decision import ByText, decision
from limbeck.autogenerate.compare import comparators as global_comparators
from limbeck.autogenerate.compare.unchanged import ShortCuts, short_cuts_of
from limbeck.autogenerate.compare.util import _InspectorConv
from limbeck.runtime import _deferred_imports
from limbeck.runtime.plugins import Plugin

if TYPE_CHECKING:
    from sqlalchemy import MetaData, Table
    from sqlalchemy.engine import Connection, Dialect, Inspector
    from sqlalchemy.schema import SchemaItem

    from limbeck.runtime.environment import NameFilterParentNames, NameFilterType
    from limbeck.runtime.migration import MigrationContext
    from limbeck.util import sqla_compat


class AutogenContext:
    """The state of one autogenerate run, passed to comparators, renderers and hooks.

    :param migration_context: provides the connection, the dialect and its impl.
    :param metadata: the model, one `MetaData` or several; `target_metadata` of `opts` if absent.
    :param opts: the options of `EnvironmentContext.configure()`; those of `migration_context`
        if absent.
    :param autogenerate: whether a database is compared; if not, code is only rendered.
    :raises CommandError: if a comparison is requested in offline mode, or env.py provides no model.
    """

    metadata: MetaData | Sequence[MetaData] | None = None
    """The model: the configured `target_metadata`."""

    connection: Connection | None = None
    """The connection to the database that is compared, if there is one."""

    dialect: Dialect
    """The dialect of the database."""

    imports: set[str] = None  # type: ignore[assignment] # on the class only; __init__ assigns a set
    """Import lines that the rendered code needs; renderers add to them."""

    migration_context: MigrationContext
    """The `MigrationContext` that env.py configured."""

    comparators: util.PriorityDispatcher
    """The comparators of this run: those of the enabled plugins, and the global ones."""

    _hook_options: ClassVar[dict[str, str]] = {
        "_object_filters": "include_object",
        "_name_filters": "include_name",
    }
    _object_filters: list[Callable[..., bool]]
    _name_filters: list[Callable[..., bool]]

    def __init__(
        self,
        migration_context: MigrationContext,
        metadata: MetaData | Sequence[MetaData] | None = None,
        opts: dict[str, Any] | None = None,
        autogenerate: bool = True,
    ) -> None:
        if autogenerate and migration_context.as_sql:
            raise util.CommandError(
                "autogenerate can't use as_sql=True as it prevents querying "
                "the database for schema information"
            )
        self.opts = migration_context.opts if opts is None else opts
        self.metadata = metadata if metadata is not None else self.opts.get("target_metadata")
        script = getattr(migration_context, "script", None)
        if autogenerate and self.metadata is None and script is not None:
            raise util.CommandError(
                "Can't proceed with --autogenerate option; environment script "
                f"{script.env_py_location} does not provide a MetaData object or sequence "
                "of objects to the context."
            )
        for attribute, option in self._hook_options.items():
            hook = self.opts.get(option)
            setattr(self, attribute, [] if hook is None else [hook])
        self.migration_context = migration_context
        self.connection = migration_context.bind
        self.dialect = migration_context.dialect
        self.imports = set()
        self._has_batch = False
        #: Lines that renderers add to the beginning of the function that is rendered.
        self._first_lines: list[str] = []
        self._renames = NOTHING
        #: Answers of the `include_name` hooks to the next calls of `run_name_filters()`.
        self._known_answers: deque[bool] = deque()
        #: Decides what differs of that which the server may write otherwise than the model.
        self._decision = decision(self) if autogenerate else ByText()
        if autogenerate:
            environment = getattr(migration_context, "environment_context", None)
            _deferred_imports.import_waiting(
                environment.script if environment is not None else None
            )
        self.comparators = global_comparators.branch()
        Plugin.populate_autogenerate_priority_dispatch(
            self.comparators,
            include_plugins=enabled_plugins(self, compares=autogenerate),
        )

    @util.memoized_property
    def inspector(self) -> Inspector:
        """The inspector of this run's connection.

        :raises TypeError: if there is no connection.
        """
        if self.connection is None:
            raise TypeError(
                "can't return inspector as this AutogenContext has no database connection"
            )
        return inspect(self.connection)

    @util.memoized_property
    def _bulk_inspector(self) -> _InspectorConv:
        """The inspector of the built-in comparators: it marks names as final, and reads tables in bulk."""
        bulk_inspector = self.migration_context.impl._inspector_for_many_tables(self.inspector)
        return _InspectorConv(self.inspector, bulk_inspector, self._renames)

    def _set_renames(self, renames: Renames) -> None:
        """Let the comparators find the tables and columns of the database under new names."""
        self._renames = renames
        self.__dict__.pop("_bulk_inspector", None)

    @util.memoized_property
    def _short_cuts(self) -> ShortCuts:
        """The short cuts that this run may take."""
        return short_cuts_of(self)

    @util.memoized_property
    def _owned_tables(self) -> OwnedTables | None:
        """The tables that this run is limited to; `None` if it compares all."""
        return owned_tables_of(self)

    @contextlib.contextmanager
    def _within_batch(self) -> Iterator[None]:
        """Render directives as the body of a `batch_alter_table()` block."""
        self._has_batch = True
        try:
            yield
        finally:
            self._has_batch = False

    def run_name_filters(
        self,
        name: str | None,
        type_: NameFilterType,
        parent_names: NameFilterParentNames,
    ) -> bool:
        """Return whether the `include_name` hooks accept a name in the database.

        :param name: the name, `None` for the default schema.
        :param type_: the kind of object, such as "table" or "index".
        :param parent_names: the names of the enclosing objects; for a table and its parts,
            `schema_qualified_table_name` is added.
        """
        if self._known_answers:
            return self._known_answers.popleft()
        if "schema_name" in parent_names:
            table_name = name if type_ == "table" else parent_names.get("table_name")
            if table_name:
                schema = parent_names["schema_name"]
                parent_names["schema_qualified_table_name"] = (
                    f"{schema}.{table_name}" if schema else table_name
                )
        return all(accepts(name, type_, parent_names) for accepts in self._name_filters)

    def run_object_filters(
        self,
        object_: SchemaItem,
        name: sqla_compat._ConstraintName,
        type_: NameFilterType,
        reflected: bool,
        compare_to: SchemaItem | None,
    ) -> bool:
        """Return whether the `include_object` hooks accept an object of the database or the model.

        :param object_: a table, column, index or constraint.
        :param name: its name.
        :param type_: the kind of object, such as "table" or "index".
        :param reflected: whether the object comes from the database.
        :param compare_to: its counterpart on the other side, if there is one.
        """
        return all(
            accepts(object_, name, type_, reflected, compare_to) for accepts in self._object_filters
        )

    run_filters = run_object_filters

    @property
    def _metadatas(self) -> list[MetaData]:
        metadatas: list[MetaData] | None = util.to_list(self.metadata)
        if metadatas is None:
            raise TypeError("this AutogenContext has no MetaData to compare with")
        return metadatas

    @util.memoized_property
    def sorted_tables(self) -> list[Table]:
        """The tables of the model, in dependency order within each `MetaData`."""
        return [table for metadata in self._metadatas for table in metadata.sorted_tables]

    @util.memoized_property
    def table_key_to_table(self) -> dict[str, Table]:
        """The tables of the model, by key.

        :raises ValueError: if two `MetaData` have a table with the same key.
        """
        tables: dict[str, Table] = {}
        duplicates: set[str] = set()
        for metadata in self._metadatas:
            duplicates.update(tables.keys() & metadata.tables.keys())
            tables.update(metadata.tables)
        if duplicates:
            names = ", ".join(f'"{key}"' for key in sorted(duplicates))
            raise ValueError(f"Duplicate table keys across multiple MetaData objects: {names}")
        return tables
