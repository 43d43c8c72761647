"""Gathers the operations of a batch, then has them carried out together."""

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

#: One operation: the name of the method of an implementation, and its arguments.
_Call = tuple[str, tuple[Any, ...], dict[str, Any]]

_RECREATE = ("auto", "always", "never")


class BatchOperationsImpl:
    """Stands in for a dialect's implementation within a batch, and remembers what it is told.

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
        #: What was asked for so far, in order; implementations look into it to decide.
        self.batch: list[_Call] = []

    @property
    def dialect(self) -> Dialect:
        """The dialect of the migration."""
        return self.operations.impl.dialect  # type: ignore[no-any-return] # impl may be a batch's

    @property
    def impl(self) -> DefaultImpl:
        """The implementation that this one stands in for."""
        return self.operations.impl  # type: ignore[no-any-return] # impl may be a batch's

    def _should_recreate(self) -> bool:
        if self.recreate == "auto":
            return self.impl.requires_recreate_in_batch(self)
        return self.recreate == "always"

    def flush(self) -> None:
        """Carry out what was gathered, with ALTER statements or by making the table anew."""
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
        applied = ApplyBatchImpl(
            self.impl,
            self._current_table() if self.copy_from is None else self.copy_from,
            self.table_args,
            self.table_kwargs,
            self.copy_from is None,
            partial_reordering=tuple(self.partial_reordering or ()),
        )
        for name, args, kw in self.batch:
            getattr(applied, name)(*args, **kw)
        applied._create(self.impl)

    def _current_table(self) -> Table:
        """Read the table from the database."""
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
            # The tables that foreign keys point to are of no interest, only their names.
            "resolve_fks": False,
            **self.reflect_kwargs,
            # The backend puts right what reads otherwise than it was written.
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
        # What the database has a name for keeps it; a convention names the rest only.
        _conv_constraint_names(reflected)
        if not self.naming_convention:
            return reflected
        return reflected.to_metadata(MetaData(naming_convention=self.naming_convention))

    def _note(self, method: str, /, *args: Any, **kw: Any) -> None:
        self.batch.append((method, args, kw))

    def alter_column(self, *arg: Any, **kw: Any) -> None:
        """Note that a column is to change."""
        self._note("alter_column", *arg, **kw)

    def add_column(self, *arg: Any, **kw: Any) -> None:
        """Note that a column is to be added."""
        self._note("add_column", *arg, **kw)

    def drop_column(self, *arg: Any, **kw: Any) -> None:
        """Note that a column is to be dropped."""
        self._note("drop_column", *arg, **kw)

    def add_constraint(self, const: Constraint) -> None:
        """Note that a constraint is to be added."""
        self._note("add_constraint", const)

    def drop_constraint(self, const: Constraint, **kw: Any) -> None:
        """Note that a constraint is to be dropped."""
        self._note("drop_constraint", const, **kw)

    def create_index(self, idx: Index, **kw: Any) -> None:
        """Note that an index is to be created."""
        self._note("create_index", idx, **kw)

    def drop_index(self, idx: Index, **kw: Any) -> None:
        """Note that an index is to be dropped."""
        self._note("drop_index", idx, **kw)

    def create_table_comment(self, table: Table) -> None:
        """Note that the table is to get a comment."""
        self._note("create_table_comment", table)

    def drop_table_comment(self, table: Table) -> None:
        """Note that the comment of the table is to go."""
        self._note("drop_table_comment", table)

    def create_column_comment(self, column: Column[Any]) -> None:
        """Note that a column is to get a comment."""
        self._note("create_column_comment", column)

    def rename_table(self, *arg: Any, **kw: Any) -> None:
        """Note that the table is to be renamed."""
        self._note("rename_table", *arg, **kw)

    def create_table(self, table: Table, **kw: Any) -> None:
        """Refuse: a batch is about one table that exists.

        :raises NotImplementedError: always.
        """
        raise NotImplementedError("Can't create table in batch mode")

    def drop_table(self, table: Table, **kw: Any) -> None:
        """Refuse: a batch is about one table that goes on existing.

        :raises NotImplementedError: always.
        """
        raise NotImplementedError("Can't drop table in batch mode")
