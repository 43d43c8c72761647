"""SQLAlchemy's schema objects, created from names.

A migration has the names of tables and columns, but SQLAlchemy compiles statements from `Table`,
`Column` and `Constraint` objects. `SchemaObjects` creates them with only what a statement needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import schema as sa_schema
from sqlalchemy.sql.schema import Column, Constraint, Index
from sqlalchemy.types import NULLTYPE, Integer

from limbeck.util import sqla_compat

if TYPE_CHECKING:
    from sqlalchemy.sql.elements import ColumnElement, TextClause
    from sqlalchemy.sql.schema import (
        CheckConstraint,
        ForeignKey,
        ForeignKeyConstraint,
        MetaData,
        PrimaryKeyConstraint,
        Table,
        UniqueConstraint,
    )
    from sqlalchemy.types import TypeEngine

    from limbeck.runtime.migration import MigrationContext


class SchemaObjects:
    """Creates schema objects with the naming convention of `target_metadata`.

    :param migration_context: the context with `target_metadata`; without it, no convention applies.
    """

    def __init__(self, migration_context: MigrationContext | None = None) -> None:
        self.migration_context = migration_context

    def metadata(self) -> MetaData:
        """Return a new MetaData with the naming convention, if there is one."""
        context = self.migration_context
        if context is not None and "target_metadata" in context.opts:
            target = context.opts["target_metadata"]
            if hasattr(target, "naming_convention"):
                return sa_schema.MetaData(naming_convention=target.naming_convention)
        return sa_schema.MetaData()

    def table(self, name: str, *columns: Any, **kw: Any) -> Table:
        """Return a Table with these columns, constraints and indexes.

        Columns and constraints of another table are copied. The MetaData also gets the tables that
        the foreign keys refer to, so that SQLAlchemy can resolve these.

        :param columns: `Column`, `Constraint` and `Index` objects.
        :param kw: the keywords of `Table`. With ``_constraints_included=True``, `columns` has all
         constraints of the table, and the flags `unique` and `index` of a column have no effect.
        """
        metadata = self.metadata()
        constraints_included = kw.pop("_constraints_included", False)
        items: list[Any] = []
        attached_constraints: list[Constraint] = []
        for item in columns:
            if isinstance(item, Column):
                column = item if item.table is None else sqla_compat._copy(item)
                if constraints_included:
                    column.unique = column.index = None
                items.append(column)
            elif not isinstance(item, Constraint):
                items.append(item)
            elif sqla_compat._is_type_bound(item):
                continue  # the type of the column creates it for the new table
            elif getattr(item, "parent", None) is None:
                items.append(item)
            else:
                attached_constraints.append(item)

        table = sa_schema.Table(name, metadata, *items, **kw)
        for constraint in attached_constraints:
            table.append_constraint(sqla_compat._copy(constraint, target_table=table))
        for foreign_key in _foreign_keys_by_column(table):
            self._ensure_table_for_fk(metadata, foreign_key)
        return table

    def column(self, name: str, type_: TypeEngine[Any], **kw: Any) -> Column[Any]:
        """Return a Column."""
        return sa_schema.Column(name, type_, **kw)

    def primary_key_constraint(
        self,
        name: sqla_compat._ConstraintNameDefined | None,
        table_name: str,
        cols: Sequence[str],
        schema: str | None = None,
        **dialect_kw: Any,
    ) -> PrimaryKeyConstraint:
        """Return a primary key, on a table with only the columns of the key."""
        table = self._table_with_columns(table_name, cols, schema)
        constraint = sa_schema.PrimaryKeyConstraint(
            *[table.c[column] for column in cols],
            name=name,  # type: ignore[arg-type] # annotated without _NoneName
            **dialect_kw,
        )
        if not cols:
            table.append_constraint(constraint)  # otherwise the columns attach it
        return constraint

    def unique_constraint(
        self,
        name: sqla_compat._ConstraintNameDefined | None,
        source: str,
        local_cols: Sequence[str],
        schema: str | None = None,
        **kw: Any,
    ) -> UniqueConstraint:
        """Return a unique constraint, on a table with only the columns of the constraint."""
        table = self._table_with_columns(source, local_cols, schema)
        kw["name"] = name
        constraint = sa_schema.UniqueConstraint(*[table.c[column] for column in local_cols], **kw)
        if not local_cols:
            table.append_constraint(constraint)  # otherwise the columns attach it
        return constraint

    def foreign_key_constraint(
        self,
        name: sqla_compat._ConstraintNameDefined | None,
        source: str,
        referent: str,
        local_cols: list[str],
        remote_cols: list[str],
        onupdate: str | None = None,
        ondelete: str | None = None,
        deferrable: bool | None = None,
        source_schema: str | None = None,
        referent_schema: str | None = None,
        initially: str | None = None,
        match: str | None = None,
        **dialect_kw: Any,
    ) -> ForeignKeyConstraint:
        """Return a foreign key, on a table with only the columns of the key.

        The MetaData of the table also has the referred table, with the referred columns.
        """
        metadata = self.metadata()
        # `local_cols` may repeat a column; the database decides whether that is allowed.
        source_cols = dict.fromkeys(local_cols)
        if (source, source_schema) == (referent, referent_schema):
            source_cols.update(dict.fromkeys(remote_cols))
        else:
            sa_schema.Table(
                referent,
                metadata,
                *[sa_schema.Column(column, NULLTYPE) for column in remote_cols],
                schema=referent_schema,
            )
        table = sa_schema.Table(
            source,
            metadata,
            *[sa_schema.Column(column, NULLTYPE) for column in source_cols],
            schema=source_schema,
        )
        referred_table = f"{referent_schema}.{referent}" if referent_schema else referent
        constraint = sa_schema.ForeignKeyConstraint(
            local_cols,
            [f"{referred_table}.{column}" for column in remote_cols],
            name=name,
            onupdate=onupdate,
            ondelete=ondelete,
            deferrable=deferrable,
            initially=initially,
            match=match,
            **dialect_kw,
        )
        table.append_constraint(constraint)
        return constraint

    def check_constraint(
        self,
        name: sqla_compat._ConstraintNameDefined | None,
        source: str,
        condition: str | TextClause | ColumnElement[Any],
        schema: str | None = None,
        **kw: Any,
    ) -> CheckConstraint:
        """Return a CHECK constraint, on a table with only a placeholder column."""
        table = sa_schema.Table(
            source, self.metadata(), sa_schema.Column("x", Integer), schema=schema
        )
        constraint = sa_schema.CheckConstraint(condition, name=name, **kw)
        table.append_constraint(constraint)
        return constraint

    def generic_constraint(
        self,
        name: sqla_compat._ConstraintNameDefined | None,
        table_name: str,
        type_: str | None,
        schema: str | None = None,
        **kw: Any,
    ) -> Any:
        """Return a constraint with only a name and a kind, for DROP CONSTRAINT.

        :raises TypeError: `type_` is not a kind of constraint.
        """
        table = sa_schema.Table(table_name, self.metadata(), schema=schema)
        constraint: Constraint
        if type_ is None:
            constraint = sa_schema.Constraint(name=name)
        elif type_ == "unique":
            constraint = sa_schema.UniqueConstraint(name=name)
        elif type_ == "primary":
            constraint = sa_schema.PrimaryKeyConstraint(
                name=name,  # type: ignore[arg-type] # annotated without _NoneName
            )
        elif type_ == "check":
            constraint = sa_schema.CheckConstraint("", name=name)
        elif type_ == "foreignkey":
            constraint = sa_schema.ForeignKeyConstraint([], [], name=name)
        else:
            kinds = "'check', 'foreignkey', 'primary', 'unique', None"
            raise TypeError(f"'type' can be one of {kinds}")
        table.append_constraint(constraint)
        return constraint

    def index(
        self,
        name: str | None,
        tablename: str | None,
        columns: Sequence[str | TextClause | ColumnElement[Any]],
        schema: str | None = None,
        **kw: Any,
    ) -> Index:
        """Return an index, on a table with only the columns of the index.

        :raises ValueError: an element of `columns` is neither a name nor an expression.
        """
        table = sa_schema.Table(tablename or "no_table", self.metadata(), schema=schema)
        elements = [sqla_compat._textual_index_column(table, element) for element in columns]
        return sa_schema.Index(name, *elements, _table=table, **kw)

    def _table_with_columns(self, name: str, columns: Sequence[str], schema: str | None) -> Table:
        return sa_schema.Table(
            name,
            self.metadata(),
            *[sa_schema.Column(column, NULLTYPE) for column in columns],
            schema=schema,
        )

    def _ensure_table_for_fk(self, metadata: MetaData, fk: ForeignKey) -> None:
        """Add the referred table and column of `fk` to `metadata` if they are missing."""
        if not sqla_compat._fk_target_is_named(fk):
            return  # `fk` refers to a Column object, which has a table
        target = sqla_compat._fk_target_tokens(fk)
        key = sqla_compat._get_table_key(target.table_name, target.schema)
        table = metadata.tables.get(key)
        if table is None:
            table = sa_schema.Table(target.table_name, metadata, schema=target.schema)
        # `ForeignKey("user")`, without a column, refers to the column with the name of `fk.parent`.
        name = target.column_name or fk.parent.name
        if name not in table.c:
            table.append_column(sa_schema.Column(name, NULLTYPE))


def _foreign_keys_by_column(table: Table) -> Iterator[ForeignKey]:
    # `Table.foreign_keys` is a set, without the order of the columns.
    for column in table.c:
        yield from column.foreign_keys
