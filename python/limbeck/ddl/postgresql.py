"""PostgreSQL: USING, identity and SERIAL columns, comments, and rewritten expressions."""

from __future__ import annotations

import contextlib
import logging
import re
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Connection, Float, Numeric, literal_column, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import Column, CreateIndex, Identity
from sqlalchemy.sql.elements import ClauseElement, ColumnClause
from sqlalchemy.types import BIGINT, INTEGER, NULLTYPE, String, to_instance

from limbeck import util
from limbeck.ddl import _compare_postgresql as _compare
from limbeck.ddl._autogen import ComparisonResult
from limbeck.ddl._short_cuts import defaults_can_be_compared_together
from limbeck.ddl.base import (
    AlterColumn,
    ColumnComment,
    IdentityColumnDefault,
    RenameTable,
    alter_column,
    alter_table,
    format_column_name,
    format_table_name,
    format_type,
    wanted_identity,
)
from limbeck.ddl.impl import DefaultImpl
from limbeck.util._ordering import constraints_of
from limbeck.util._sql_text import text_of_literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.dialects.postgresql.base import PGDDLCompiler
    from sqlalchemy.engine.reflection import Inspector
    from sqlalchemy.schema import Index, Table, UniqueConstraint
    from sqlalchemy.types import TypeEngine

    from limbeck.autogenerate.api import AutogenContext
    from limbeck.operations.batch import ApplyBatchImpl

log = logging.getLogger("alembic.ddl.postgresql")

# Every sequence that a column owns, such as that of a SERIAL column.
_OWNED_SEQUENCES = text(
    """
    SELECT seq.relname, seqns.nspname, pg_catalog.pg_table_is_visible(seq.oid), col.attname
    FROM pg_catalog.pg_depend AS dep
    JOIN pg_catalog.pg_class AS seq ON seq.oid = dep.objid AND seq.relkind = 'S'
    JOIN pg_catalog.pg_namespace AS seqns ON seqns.oid = seq.relnamespace
    JOIN pg_catalog.pg_attribute AS col
      ON col.attrelid = dep.refobjid AND col.attnum = dep.refobjsubid
    WHERE dep.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
      AND dep.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    """
)

#: The collation of an entry of an index.
_COLLATION = text(
    "SELECT o.collname FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid "
    "JOIN pg_catalog.pg_collation o ON o.oid = i.indcollation[CAST(:position AS integer)] "
    "WHERE i.indrelid = to_regclass(:table) AND c.relname = :name"
)
_NEXTVAL = re.compile(r"nextval\('(.+?)'::regclass\)")
_NAME_PART = re.compile(r'"((?:[^"]|"")*)"|([^".]+)')

# A SELECT of PostgreSQL has at most 1664 columns.
_COMPARISONS_PER_QUERY = 500


class PostgresqlImpl(DefaultImpl):
    """The impl of PostgreSQL."""

    __dialect__ = "postgresql"

    transactional_ddl = True
    type_synonyms = (*DefaultImpl.type_synonyms, {"FLOAT", "DOUBLE PRECISION"})

    _by_records = True

    # -- operations -----------------------------------------------------------------

    def alter_column(
        self,
        table_name: str,
        column_name: str,
        *,
        nullable: bool | None = None,
        server_default: Any = False,
        name: str | None = None,
        type_: TypeEngine[Any] | None = None,
        schema: str | None = None,
        autoincrement: bool | None = None,
        existing_type: TypeEngine[Any] | None = None,
        existing_server_default: Any = None,
        existing_nullable: bool | None = None,
        existing_autoincrement: bool | None = None,
        **kw: Any,
    ) -> None:
        """Change a column; its type first, as the other changes may need the new type.

        :param postgresql_using: the expression that converts the values, for USING.
        :raises CommandError: `postgresql_using` was given and no new type.
        """
        using = kw.pop("postgresql_using", None)
        if using is not None and type_ is None:
            raise util.CommandError("postgresql_using must be used with the type_ parameter")
        if type_ is not None:
            self._exec(
                PostgresqlColumnType(
                    table_name,
                    column_name,
                    type_,
                    schema=schema,
                    using=using,
                    existing_type=existing_type,
                    existing_server_default=existing_server_default,
                    existing_nullable=existing_nullable,
                )
            )
        super().alter_column(
            table_name,
            column_name,
            nullable=nullable,
            server_default=server_default,
            name=name,
            schema=schema,
            autoincrement=autoincrement,
            existing_type=existing_type,
            existing_server_default=existing_server_default,
            existing_nullable=existing_nullable,
            existing_autoincrement=existing_autoincrement,
            **kw,
        )

    def create_index(self, index: Index, **kw: Any) -> None:
        """Create an index, after adding the columns of `postgresql_include` to its table."""
        table = index.table
        assert table is not None
        for name in index.kwargs.get("postgresql_include") or ():
            if name not in table.c:
                table.append_column(Column(name, NULLTYPE))
        self._exec(CreateIndex(index, **kw))

    def prep_table_for_batch(self, batch_impl: ApplyBatchImpl, table: Table) -> None:
        """Drop the constraints whose names the new table reuses; they are unique in a schema."""
        for constraint in constraints_of(table):
            if constraint.name is not None and constraint.name in batch_impl.named_constraints:
                self.drop_constraint(constraint)

    # -- comparing server defaults --------------------------------------------------

    def compare_server_default(
        self,
        inspector_column: Column[Any],
        metadata_column: Column[Any],
        rendered_metadata_default: str | None,
        rendered_inspector_default: str | None,
    ) -> bool:
        """Compare two defaults by their text, and by a query if that is not enough."""
        if _is_autoincrement(metadata_column):
            return False  # without a look at the other column, as callers may have none
        result = self._compare_default_texts(
            inspector_column.type,
            metadata_column,
            rendered_metadata_default,
            rendered_inspector_default,
        )
        return result if isinstance(result, bool) else not self._evaluates_equal(*result)

    def _compare_default_texts(
        self,
        inspected_type: TypeEngine[Any],
        metadata_column: Column[Any],
        wanted: str | None,
        present: str | None,
    ) -> bool | tuple[str, str]:
        """Return whether two defaults differ, or the expressions that a query has to compare."""
        if _is_autoincrement(metadata_column):
            return False
        is_text = self._has_text_default(metadata_column)
        if _compare.is_null(present) and not is_text and _compare.is_null(wanted):
            return False
        if present is None or wanted is None or present == wanted:
            return present != wanted
        present = _compare.without_regclass(present)
        if present == _compare.without_regclass(wanted):
            return False
        wanted_sql = self._default_as_sql(inspected_type, metadata_column, wanted)
        wanted_constant = _compare.parse_constant(wanted_sql)
        present_constant = _compare.parse_constant(present)
        # The quotes of a string are a part of it, if the server has them.
        if is_text and present_constant is not None and present_constant[:2] == (wanted, True):
            return False
        if wanted_constant is not None and present_constant is not None:
            equal = _compare.constants_equal(wanted_constant, present_constant)
            if equal is not None:
                return not equal
        return present, wanted_sql

    def _are_defaults_equal(
        self,
        inspected_type: TypeEngine[Any],
        metadata_column: Column[Any],
        wanted: str,
        present: str,
    ) -> bool:
        return (
            self._compare_default_texts(inspected_type, metadata_column, wanted, present) is False
        )

    def _default_as_sql(
        self, inspected_type: TypeEngine[Any], column: Column[Any], rendered: str
    ) -> str:
        """Return the default of a model as an SQL expression.

        A string becomes a quoted constant, unless the column of the database is `Numeric` or
        `Float`.
        """
        default: Any = column.server_default
        argument = getattr(default, "arg", None)
        if not isinstance(argument, str):
            return rendered if argument is None else self._compile_element(argument)
        if isinstance(inspected_type, (Numeric, Float)):
            return argument
        text = text_of_literal(argument)
        escaped = (argument if text is None else text).replace("'", "''")
        return f"'{escaped}'"

    def _evaluates_equal(self, present: str, wanted: str) -> bool:
        """Return whether two expressions are equal, from this query or an earlier one."""
        pair = (present, wanted)
        if pair not in self._evaluated:
            self._evaluate([pair])
        return self._evaluated[pair]

    def _evaluate(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Compare pairs of expressions in one query, and remember the results.

        A pair whose evaluation fails must not affect the others or the transaction. Such a pair is
        found by bisection, and its texts are compared.
        """
        connection = self.connection
        assert connection is not None
        query = select(
            *(
                # In parentheses, as an expression may have an operator such as `=`.
                (literal_column(f"({present})") == literal_column(f"({wanted})")).label(
                    f"equal_{number}"
                )
                for number, (present, wanted) in enumerate(pairs)
            )
        )
        # In autocommit mode, a failed query aborts no transaction, and there are no savepoints.
        autocommit = connection._is_autocommit_isolation()
        savepoint: Any = contextlib.nullcontext() if autocommit else connection.begin_nested()
        try:
            with savepoint:
                results: Sequence[Any] = connection.execute(query).one()
        except DBAPIError as error:
            if error.connection_invalidated:
                raise
            if len(pairs) > 1:
                half = len(pairs) // 2
                self._evaluate(pairs[:half])
                self._evaluate(pairs[half:])
                return
            [(present, wanted)] = pairs
            results = [_compare.without_casts(present) == _compare.without_casts(wanted)]
        self._evaluated.update(zip(pairs, map(bool, results), strict=True))

    @property
    def _evaluated(self) -> dict[tuple[str, str], bool]:
        """Whether two expressions are equal, by (present, wanted)."""
        evaluated: dict[tuple[str, str], bool] = self.memo.setdefault("default_comparisons", {})
        return evaluated

    def _prefetch_default_comparisons(
        self, columns: Sequence[tuple[Column[Any], Column[Any], str, str]]
    ) -> None:
        """Compare all defaults that need a query in few queries."""
        if not defaults_can_be_compared_together(self.connection):
            return
        results = (
            self._compare_default_texts(column.type, model, wanted, present)
            for column, model, wanted, present in columns
        )
        pairs = dict.fromkeys(result for result in results if isinstance(result, tuple))
        to_evaluate = [pair for pair in pairs if pair not in self._evaluated]
        for start in range(0, len(to_evaluate), _COMPARISONS_PER_QUERY):
            self._evaluate(to_evaluate[start : start + _COMPARISONS_PER_QUERY])

    def _normalize_computed_default(self, sqltext: str) -> str:
        return super()._normalize_computed_default(_compare.without_casts(sqltext))

    # -- comparing indexes and constraints ------------------------------------------

    def compare_indexes(self, metadata_index: Index, reflected_index: Index) -> ComparisonResult:
        """Compare two indexes by uniqueness, entries and NULLS NOT DISTINCT."""
        differing = [
            *self._unique_difference(metadata_index, reflected_index),
            *_compare.entry_count_difference(metadata_index, reflected_index),
        ]
        if differing:
            return ComparisonResult.Different(differing)

        def collation_of(position: int) -> str | None:
            return self._collation_of(reflected_index, position)

        return _compare.compare_index_entries(
            metadata_index, reflected_index, self._compile_element, collation_of
        )

    def _collation_of(self, index: Index, position: int) -> str | None:
        """Return the name of the collation that an entry of an index of the database has; `None` without a database."""
        if not isinstance(self.connection, Connection) or index.table is None:
            return None
        table = self.dialect.identifier_preparer.format_table(index.table)
        parameters = {"table": table, "name": index.name, "position": position - 1}
        found: str | None = self.connection.scalar(_COLLATION, parameters)
        return found

    def compare_unique_constraint(
        self,
        metadata_constraint: UniqueConstraint,
        reflected_constraint: UniqueConstraint,
    ) -> ComparisonResult:
        """Compare two unique constraints by columns and NULLS NOT DISTINCT."""
        result = super().compare_unique_constraint(metadata_constraint, reflected_constraint)
        if result.is_different:
            return result
        wanted = _compare.dialect_options(metadata_constraint.dialect_kwargs)
        present = _compare.dialect_options(reflected_constraint.dialect_kwargs)
        if wanted != present:
            return ComparisonResult.Different(f"expression {present} to {wanted}")
        return ComparisonResult.Equal()

    def _compares_options(self, options: Mapping[str, Any]) -> bool:
        return bool(_compare.dialect_options(options))

    def correct_for_autogen_constraints(
        self,
        conn_unique_constraints: set[UniqueConstraint],
        conn_indexes: set[Index],
        metadata_unique_constraints: set[UniqueConstraint],
        metadata_indexes: set[Index],
    ) -> None:
        """Remove the indexes that implement unique constraints."""
        conn_indexes -= {index for index in conn_indexes if index.info.get("duplicates_constraint")}

    def adjust_reflected_dialect_options(self, reflected_object: Any, kind: str) -> dict[str, Any]:
        """Return the options without an empty `postgresql_include`."""
        options = dict(reflected_object.get("dialect_options", {}))
        if not options.get("postgresql_include", True):
            del options["postgresql_include"]
        return options

    def _compile_element(self, element: ClauseElement | str) -> str:
        if isinstance(element, str):
            return element
        compiled = element.compile(
            dialect=self.dialect,
            compile_kwargs={"literal_binds": True, "include_table": False},
        )
        return str(compiled)

    # -- reflecting and rendering ---------------------------------------------------

    def autogen_column_reflect(
        self, inspector: Inspector, table: Table, column_info: dict[str, Any]
    ) -> None:
        """Remove the default of a SERIAL column, as `nextval()` is part of the type."""
        default = column_info.get("default")
        nextval = _NEXTVAL.match(default) if default else None
        if nextval is None or not isinstance(column_info["type"], (INTEGER, BIGINT)):
            return
        owner = self._sequence_owners(inspector).get(_split_name(nextval[1]))
        if owner is None:
            return
        sequence, column_name = owner
        # The tables may differ: a table that inherits a column uses the sequence of its parent.
        if column_name != column_info["name"]:
            return
        log.info(
            "Detected sequence named '%s' as owned by integer column '%s(%s)', assuming "
            "SERIAL and omitting",
            sequence,
            table.name,
            column_name,
        )
        del column_info["default"]

    def _sequence_owners(
        self, inspector: Inspector
    ) -> dict[tuple[str | None, str], tuple[str, str]]:
        """Return the sequences that columns own, from one query for each inspector.

        :return: `(sequence, column)` by `(schema, sequence)`; if the sequence is in the search
         path, also by `(None, sequence)`.
        """
        cache = inspector.info_cache
        key = "limbeck_sequence_owners"
        if key not in cache:
            owners: dict[tuple[str | None, str], tuple[str, str]] = {}
            with inspector._operation_context() as connection:
                for sequence, schema, visible, column in connection.execute(_OWNED_SEQUENCES):
                    owners[schema, sequence] = (sequence, column)
                    if visible:
                        owners[None, sequence] = (sequence, column)
            cache[key] = owners
        cached: dict[tuple[str | None, str], tuple[str, str]] = cache[key]
        return cached

    def render_ddl_sql_expr(
        self,
        expr: ClauseElement,
        is_server_default: bool = False,
        is_index: bool = False,
        **kw: Any,
    ) -> str:
        """Compile an expression, with the parentheses that it needs in an index."""
        if is_index and not isinstance(expr, ColumnClause):
            expr = expr.self_group()
        return super().render_ddl_sql_expr(expr, is_server_default=is_server_default, **kw)

    def render_type(
        self, type_: TypeEngine[Any], autogen_context: AutogenContext
    ) -> str | Literal[False]:
        """Render the types of this dialect that contain other types."""
        # Imported here for the start-up time of upgrades: only autogenerate needs it.
        from limbeck.autogenerate.render import postgresql

        return postgresql.render_type(type_, autogen_context)


def _is_autoincrement(column: Column[Any]) -> bool:
    return column.primary_key and column is column.table._autoincrement_column


def _split_name(name: str) -> tuple[str | None, str]:
    """Return the schema of a sequence, or `None`, and its name, both without quotes."""
    parts = [
        quoted.replace('""', '"') if quoted else unquoted
        for quoted, unquoted in _NAME_PART.findall(name)
    ]
    return (parts[-2] if len(parts) > 1 else None), parts[-1]


# -- constructs and rendering -----------------------------------------------------------


class PostgresqlColumnType(AlterColumn):
    """Change the type of a column.

    :param using: the expression that converts the values, for USING.
    """

    def __init__(self, name: str, column_name: str, type_: TypeEngine[Any], **kw: Any) -> None:
        using = kw.pop("using", None)
        super().__init__(name, column_name, **kw)
        self.type_ = to_instance(type_)
        self.using = using


@compiles(RenameTable, "postgresql")
def visit_rename_table(element: RenameTable, compiler: PGDDLCompiler, **kw: Any) -> str:
    """Render `RenameTable`; the new name must not have a schema."""
    new_name = format_table_name(compiler, element.new_table_name, None)
    return f"{alter_table(compiler, element.table_name, element.schema)} RENAME TO {new_name}"


@compiles(PostgresqlColumnType, "postgresql")
def visit_column_type(element: PostgresqlColumnType, compiler: PGDDLCompiler, **kw: Any) -> str:
    """Render `PostgresqlColumnType`."""
    using = f" USING {element.using}" if element.using else ""
    return _alter_with(element, compiler, f"TYPE {format_type(compiler, element.type_)}{using}")


@compiles(ColumnComment, "postgresql")
def visit_column_comment(element: ColumnComment, compiler: PGDDLCompiler, **kw: Any) -> str:
    """Render `ColumnComment`."""
    table = format_table_name(compiler, element.table_name, element.schema)
    column = format_column_name(compiler, element.column_name)
    comment = (
        "NULL"
        if element.comment is None
        else compiler.sql_compiler.render_literal_value(element.comment, String())
    )
    return f"COMMENT ON COLUMN {table}.{column} IS {comment}"


@compiles(IdentityColumnDefault, "postgresql")
def visit_identity_column(
    element: IdentityColumnDefault, compiler: PGDDLCompiler, **kw: Any
) -> str:
    """Render `IdentityColumnDefault`."""
    if element.default is None:
        return _alter_with(element, compiler, "DROP IDENTITY")
    wanted, existing = wanted_identity(element), element.existing_server_default
    if not isinstance(existing, Identity):
        # The server rejects ADD if the column has a default of another kind.
        identity = compiler.visit_identity_column(wanted)  # type: ignore[no-untyped-call] # SQLAlchemy's
        return _alter_with(element, compiler, f"ADD {identity}")
    differing, _, _ = element.impl._compare_identity_default(wanted, existing)
    changes = []
    for name in sorted(differing):
        if name == "always":
            changes.append(f"SET GENERATED {'ALWAYS' if wanted.always else 'BY DEFAULT'} ")
        else:
            single = Identity(**{name: getattr(wanted, name)})
            changes.append(f"SET {compiler.get_identity_options(single)} ")
    return _alter_with(element, compiler, "".join(changes))


def _alter_with(element: AlterColumn, compiler: PGDDLCompiler, change: str) -> str:
    table = alter_table(compiler, element.table_name, element.schema)
    return f"{table} {alter_column(compiler, element.column_name)} {change}"


# -- names that Alembic exposes here ------------------------------------------------------

# Imported on first use: `operations` imports this package.
_EXPOSED_HERE = {
    "CreateExcludeConstraintOp": ("limbeck.operations._ops.exclude", "CreateExcludeConstraintOp"),
    "BatchOperations": ("limbeck.operations.base", "BatchOperations"),
    "Operations": ("limbeck.operations.base", "Operations"),
}


def __getattr__(name: str) -> Any:
    if name not in _EXPOSED_HERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    module, attribute = _EXPOSED_HERE[name]
    return getattr(importlib.import_module(module), attribute)
