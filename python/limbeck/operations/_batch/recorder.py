"""The recorder of a batch, which applies its operations together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.schema import MetaData, Table

from limbeck.operations._batch.rebuild import ApplyBatchImpl
from limbeck.util.exc import CommandError
from limbeck.util.sqla_compat import _conv_constraint_names, _ensure_scope_for_ddl

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect
    from sqlalchemy.schema import Column, Constraint, Index

    from limbeck.ddl.impl import DefaultImpl
    from limbeck.operations.base import AbstractOperations

#: A recorded operation: the name of an impl's method, and its arguments.
_Call = tuple[str, tuple[Any, ...], dict[str, Any]]

_RECREATE = ("auto", "always", "never")


class BatchOperationsImpl:
    """Records the operations of a batch instead of executing them.

    The parameters are those of `Operations.batch_alter_table()`.
    """

    def __init__(
        self,
        operations: AbstractOperations,
        table_name: str,
        schema: str | None,
        recreate: str,
        copy_from: Table | None,
        table_args: tuple[Any, ...],
        table_kwargs: dict[str, Any],
        reflect_args: tuple[Any, ...],
        reflect_kwargs: dict[str, Any],
        naming_convention: dict[str, str] | None,
        partial_reordering: list[tuple[str, ...]] | None,
    ) -> None:
        if recreate not in _RECREATE:
            raise ValueError("recreate may be one of 'auto', 'always', or 'never'.")
        self.operations = operations
        self.table_name = table_name
        self.schema = schema
        self.recreate = recreate
        self.copy_from = copy_from
        self.table_args = table_args
        self.table_kwargs = dict(table_kwargs)
        self.reflect_args = reflect_args
        self.reflect_kwargs = dict(reflect_kwargs)
        self.naming_convention = naming_convention
        self.partial_reordering = partial_reordering
        #: The recorded operations, in order. `requires_recreate_in_batch()` of an impl reads them.
        self.batch: list[_Call] = []

    @property
    def dialect(self) -> Dialect:
        """The dialect of the migration."""
        return self.operations.impl.dialect  # type: ignore[no-any-return] # impl may be a batch's

    @property
    def impl(self) -> DefaultImpl:
        """The impl of the dialect."""
        return self.operations.impl  # type: ignore[no-any-return] # impl may be a batch's

    def _should_recreate(self) -> bool:
        if self.recreate == "auto":
            return self.impl.requires_recreate_in_batch(self)
        return self.recreate == "always"

    def flush(self) -> None:
        """Apply the recorded operations, with ALTER statements or with a rebuild."""
        with _ensure_scope_for_ddl(self.impl.connection):
            if self._should_recreate():
                self._flush_recreating()
            else:
                self._flush_altering()

    def _flush_altering(self) -> None:
        for name, _, kw in self.batch:
            if name == "add_column" and (kw.get("insert_before") or kw.get("insert_after")):
                raise CommandError(
                    "Can't specify insert_before or insert_after when using "
                    "ALTER; please specify recreate='always'"
                )
        for name, args, kw in self.batch:
            getattr(self.impl, name)(*args, **kw)

    def _flush_recreating(self) -> None:
        rebuild = ApplyBatchImpl(
            self.impl,
            self._reflect_table() if self.copy_from is None else self.copy_from,
            self.table_args,
            self.table_kwargs,
            self.copy_from is None,
            partial_reordering=tuple(self.partial_reordering or ()),
        )
        for name, args, kw in self.batch:
            getattr(rebuild, name)(*args, **kw)
        rebuild._create(self.impl)

    def _reflect_table(self) -> Table:
        """Return the table as the database has it, with the naming convention of the batch.

        :raises CommandError: the migration runs in offline mode.
        """
        if self.impl.as_sql:
            raise CommandError(
                "This operation cannot proceed in --sql mode; batch mode with "
                f"dialect {self.dialect.name} requires a live database connection with which "
                f'to reflect the table "{self.table_name}". To generate a batch SQL migration '
                'script using table "move and copy", a complete Table object should be passed '
                'to the "copy_from" argument of the batch_alter_table() method so that table '
                "reflection can be skipped."
            )
        options = {
            # Only the names of referred tables matter.
            "resolve_fks": False,
            **self.reflect_kwargs,
            # The impl corrects columns that the database reports differently from their definition.
            "listeners": [
                *self.reflect_kwargs.get("listeners", ()),
                ("column_reflect", self.impl.autogen_column_reflect),
            ],
        }
        reflected = Table(
            self.table_name,
            MetaData(),
            *self.reflect_args,
            schema=self.schema,
            autoload_with=self.impl.connection,
            **options,
        )
        # Names in the database are final; a naming convention applies to unnamed constraints only.
        _conv_constraint_names(reflected)
        if not self.naming_convention:
            return reflected
        return reflected.to_metadata(MetaData(naming_convention=self.naming_convention))

    def _record(self, method: str, /, *args: Any, **kw: Any) -> None:
        self.batch.append((method, args, kw))

    def alter_column(self, *arg: Any, **kw: Any) -> None:
        """Record the change of a column."""
        self._record("alter_column", *arg, **kw)

    def add_column(self, *arg: Any, **kw: Any) -> None:
        """Record an added column."""
        self._record("add_column", *arg, **kw)

    def drop_column(self, *arg: Any, **kw: Any) -> None:
        """Record a dropped column."""
        self._record("drop_column", *arg, **kw)

    def add_constraint(self, const: Constraint) -> None:
        """Record an added constraint."""
        self._record("add_constraint", const)

    def drop_constraint(self, const: Constraint, **kw: Any) -> None:
        """Record a dropped constraint."""
        self._record("drop_constraint", const, **kw)

    def create_index(self, idx: Index, **kw: Any) -> None:
        """Record a created index."""
        self._record("create_index", idx, **kw)

    def drop_index(self, idx: Index, **kw: Any) -> None:
        """Record a dropped index."""
        self._record("drop_index", idx, **kw)

    def create_table_comment(self, table: Table) -> None:
        """Record the comment of the table."""
        self._record("create_table_comment", table)

    def drop_table_comment(self, table: Table) -> None:
        """Record that the comment of the table is dropped."""
        self._record("drop_table_comment", table)

    def create_column_comment(self, column: Column[Any]) -> None:
        """Record the comment of a column."""
        self._record("create_column_comment", column)

    def rename_table(self, *arg: Any, **kw: Any) -> None:
        """Record that the table is renamed."""
        self._record("rename_table", *arg, **kw)

    def create_table(self, table: Table, **kw: Any) -> None:
        """Raise an error: a batch changes an existing table.

        :raises NotImplementedError: always.
        """
        raise NotImplementedError("Can't create table in batch mode")

    def drop_table(self, table: Table, **kw: Any) -> None:
        """Raise an error: a batch changes a table, and cannot drop it.

        :raises NotImplementedError: always.
        """
        raise NotImplementedError("Can't drop table in batch mode")
