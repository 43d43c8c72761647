"""Private attributes of SQLAlchemy, and the differences between its releases (2.0, 2.1), in one place.

`_sqla_hooks` has those that short cuts check. The names are Alembic's, even with a leading underscore,
because other packages import them.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from sqlalchemy import __version__ as sqlalchemy_version
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import (
    CheckConstraint,
    Column,
    Computed,
    Constraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Sequence,
    Table,
)
from sqlalchemy.sql import visitors
from sqlalchemy.sql.base import DialectKWArgs, _NoneName
from sqlalchemy.sql.elements import (
    BindParameter,
    ColumnClause,
    ColumnElement,
    TextClause,
    UnaryExpression,
    conv,
)
from sqlalchemy.sql.naming import _constraint_name_for_table
from sqlalchemy.sql.schema import SchemaConst
from sqlalchemy.types import NULLTYPE

from limbeck.util.messaging import warn

if TYPE_CHECKING:
    from typing import TypeAlias, TypeGuard

    from sqlalchemy import Executable
    from sqlalchemy.engine import Connection, Dialect, Transaction
    from sqlalchemy.engine.cursor import CursorResult
    from sqlalchemy.engine.reflection import Inspector
    from sqlalchemy.sql.compiler import SQLCompiler
    from sqlalchemy.types import TypeEngine

    _ConstraintName: TypeAlias = str | _NoneName | None
    _ConstraintNameDefined: TypeAlias = str | _NoneName

_T = TypeVar("_T")

_vers: tuple[int | str, ...] = tuple(
    int(part) if part.isdigit() else part
    for part in re.findall(r"\d+|[A-Za-z]+\d*", sqlalchemy_version)
)
_release = tuple(part for part in _vers[:3] if isinstance(part, int))

sqla_2_0_25 = _release >= (2, 0, 25)
sqla_2_1 = _release >= (2, 1)

AUTOINCREMENT_DEFAULT = "auto"

# Oracle's ON NULL and ORDER: separate arguments in SQLAlchemy 2.0, dialect arguments in 2.1.
identity_has_dialect_kwargs = issubclass(Identity, DialectKWArgs)

_NONE_NAME = _NoneName.NONE_NAME

_IDENTITY_OPTIONS = (
    "always",
    "start",
    "increment",
    "minvalue",
    "maxvalue",
    "nominvalue",
    "nomaxvalue",
    "cycle",
    "cache",
    *(() if identity_has_dialect_kwargs else ("on_null", "order")),
)


# -- names ------------------------------------------------------------------------------


def constraint_name_defined(name: _ConstraintName) -> TypeGuard[_ConstraintNameDefined]:
    """Return whether `name` is a string, or states explicitly that there is no name."""
    return name is _NONE_NAME or isinstance(name, str)


def constraint_name_string(name: _ConstraintName) -> TypeGuard[str]:
    """Return whether `name` is a string."""
    return isinstance(name, str)


def constraint_name_or_none(name: _ConstraintName) -> str | None:
    """Return the name if it is a string, otherwise `None`."""
    return name if isinstance(name, str) else None


def _get_table_key(name: str, schema: str | None) -> str:
    return name if schema is None else f"{schema}.{name}"


def _get_constraint_final_name(
    constraint: Index | Constraint, dialect: Dialect | None
) -> str | None:
    """Return the name in the database, with the naming convention applied and cut to length.

    `None` if the database chooses the name.

    :param constraint: the index or constraint, attached to its table
    :param dialect: limits the length; without one, the name is returned unchanged
    """
    if constraint.name is None or dialect is None:
        return constraint_name_or_none(constraint.name)
    name: Any = dialect.identifier_preparer.format_constraint(constraint, _alembic_quote=False)
    return constraint_name_or_none(name)


def _constraint_is_named(constraint: Constraint | Index, dialect: Dialect | None) -> bool:
    if constraint.name is None or dialect is None:
        return constraint_name_string(constraint.name)
    return _get_constraint_final_name(constraint, dialect) is not None


def _conv_constraint_names(table: Table) -> None:
    """Mark every constraint and index name as final, so that no naming convention changes it."""
    items: list[Constraint | Index] = [*table.constraints, *table.indexes]
    for item in items:
        if constraint_name_string(item.name):
            item.name = conv(item.name)


def _name_type_bound_constraints(table: Table, source_table: Table) -> None:
    """Apply the naming convention of `source_table` to the type-bound constraints of `table`.

    `table` is a copy under a temporary name. It has no convention, and its name must not be used.
    """
    for constraint in table.constraints:
        if not _is_type_bound(constraint):
            continue
        try:
            name: Any = _constraint_name_for_table(constraint, source_table)  # type: ignore[no-untyped-call] # SQLAlchemy's
        except InvalidRequestError:
            columns = ", ".join(column.name for column in _columns_for_constraint(constraint))
            warn(
                f"The CHECK constraint generated by the type of column "
                f"'{source_table.name}.{columns}' has no name, while the naming convention in "
                "use requires one; the constraint is emitted without a name.  Boolean and Enum "
                "datatypes should be given a name, e.g. Boolean(name='...'), in order for "
                "their CHECK constraints to participate fully in batch mode."
            )
            continue
        if name:
            constraint.name = name


# -- columns and expressions ------------------------------------------------------------


def _columns_for_constraint(constraint: Constraint) -> list[Column[Any]]:
    if isinstance(constraint, ForeignKeyConstraint):
        return [element.parent for element in constraint.elements]
    if isinstance(constraint, CheckConstraint):
        return list(_find_columns(constraint.sqltext))
    columns: Any = getattr(constraint, "columns", ())
    return list(columns)


def _find_columns(clause: Any) -> set[Column[Any]]:
    found: set[Column[Any]] = set()
    visitors.traverse(clause, {}, {"column": found.add})
    return found


def _remove_column_from_collection(collection: Any, column: ColumnClause[Any]) -> None:
    """Remove `column`, or the column stored under its key, from a table's collection."""
    collection.remove(collection[column.key])


def _copy(schema_item: _T, **kw: Any) -> _T:
    """Copy a column or constraint as `Table.to_metadata` does."""
    item: Any = schema_item
    result: _T = item._copy(**kw)
    return result


def _copy_expression(expression: _T, target_table: Table) -> _T:
    """Copy an expression with the columns of `target_table`.

    A column that is missing in `target_table` is added to it, so that the expression can be rendered.
    """

    def rebind(element: Any, **kw: Any) -> Any:
        if not isinstance(element, Column) or element.table is target_table:
            return None
        if element.key in target_table.c:
            return target_table.c[element.key]
        added: Column[Any] = _copy(element)
        target_table.append_column(added)
        return added

    copied: Any = visitors.replacement_traverse(expression, {}, rebind)  # type: ignore[call-overload] # any clause
    return copied  # type: ignore[no-any-return] # replacement_traverse keeps the kind


def is_expression(expr: Any) -> bool:
    """Return whether an index entry is more than a column with a sort order."""
    while isinstance(expr, UnaryExpression):
        expr = expr.element
    return not isinstance(expr, ColumnClause) or expr.is_literal


def is_expression_index(index: Index) -> bool:
    """Return whether any entry of `index` is an expression."""
    return any(is_expression(entry) for entry in index.expressions)


def _idx_table_bound_expressions(idx: Index) -> Iterable[ColumnElement[Any]]:
    expressions: Any = idx.expressions
    return expressions  # type: ignore[no-any-return] # SQLAlchemy types them more widely


def _nullability_might_be_unset(metadata_column: Column[Any]) -> bool:
    return metadata_column._user_defined_nullable is SchemaConst.NULL_UNSPECIFIED


def all_table_check_constraints(table: Table) -> set[CheckConstraint]:
    """Return the CHECK constraints of a table and of its columns."""
    of_table = {c for c in table.constraints if isinstance(c, CheckConstraint)}
    of_columns = {
        c for column in table.c for c in column.constraints if isinstance(c, CheckConstraint)
    }
    return of_table | of_columns


class _textual_index_element(ColumnElement[Any]):
    """SQL text as an entry of an index.

    An index finds its table through the columns of its entries. Text has none, so this element has a child column.
    """

    __visit_name__ = "_textual_idx_element"
    inherit_cache = False

    def __init__(self, table: Table, text: TextClause) -> None:
        self.table = table
        self.text = text
        self.key = text.text
        self.fake_column: Column[Any] = Column(text.text, NULLTYPE)
        table.append_column(self.fake_column)

    def get_children(self, **kw: Any) -> list[Column[Any]]:
        """Return the column that binds the element to its table."""
        return [self.fake_column]


@compiles(_textual_index_element)
def _render_textual_index_column(
    element: _textual_index_element, compiler: SQLCompiler, **kw: Any
) -> str:
    return compiler.process(element.text, **kw)


def _textual_index_column(
    table: Table, text_: str | TextClause | ColumnElement[Any]
) -> ColumnElement[Any] | Column[Any]:
    """Bind an entry of an index to `table`.

    :param text_: the entry as the user passed it
    :raises ValueError: the entry is neither a name, SQL text nor an expression
    """
    if isinstance(text_, str):
        column: Column[Any] = Column(text_, NULLTYPE)
        table.append_column(column)
        return column
    if isinstance(text_, TextClause):
        return _textual_index_element(table, text_)
    if isinstance(text_, _textual_index_element):
        return _textual_index_element(table, text_.text)
    if isinstance(text_, ColumnElement):
        return _copy_expression(text_, table)
    raise ValueError("String or text() construct expected")


class _literal_bindparam(BindParameter[Any]):
    """A value that every dialect renders into the statement."""

    # The cache key of a parameter does not contain the value, and here the statement does.
    inherit_cache = False


@compiles(_literal_bindparam)
def _render_literal_bindparam(element: _literal_bindparam, compiler: SQLCompiler, **kw: Any) -> str:
    return str(compiler.render_literal_bindparam(element, **kw))  # type: ignore[no-untyped-call] # SQLAlchemy's


# -- constraints ------------------------------------------------------------------------


def _is_type_bound(constraint: Constraint) -> bool:
    """Return whether the constraint was made by a type, such as Boolean or Enum."""
    return bool(constraint._type_bound)


def _table_for_constraint(constraint: Constraint) -> Table:
    parent: Any = getattr(constraint, "parent", None)
    if isinstance(parent, Column):  # a CHECK constraint of a column
        parent = parent.table
    table: Table = parent if isinstance(parent, Table) else constraint.table
    return table


def _fk_spec(constraint: ForeignKeyConstraint) -> Any:
    """Return the parts of a foreign key.

    :return: source schema, source table, source columns, target schema, target table, target columns, onupdate,
        ondelete, deferrable, initially
    """
    source: Any = constraint.parent
    remote = constraint.elements[0].column.table
    return (
        source.schema,
        source.name,
        [element.parent.name for element in constraint.elements],
        remote.schema,
        remote.name,
        [element.column.name for element in constraint.elements],
        constraint.onupdate,
        constraint.ondelete,
        constraint.deferrable,
        constraint.initially,
    )


class _ForeignKeyTarget(NamedTuple):
    schema: str | None
    table_name: str
    column_name: str | None


def _fk_target_is_named(fk: ForeignKey) -> bool:
    """Return whether the target is a string, not a column object."""
    return fk._table_column is None


def _fk_target_tokens(fk: ForeignKey) -> _ForeignKeyTarget:
    """Split a target that is a string into schema, table and column."""
    tokens: Any = fk._column_tokens
    schema, table_name, column_name = tokens
    return _ForeignKeyTarget(schema, table_name, column_name)


def _fk_target_table_key(fk: ForeignKey) -> str | None:
    if not _fk_target_is_named(fk):
        return None
    target = _fk_target_tokens(fk)
    return _get_table_key(target.table_name, target.schema)


def _fk_is_self_referential(constraint: ForeignKeyConstraint) -> bool:
    """Return whether the key refers to its own table, without resolving the target."""
    source: Any = constraint.parent
    element = constraint.elements[0]
    if _fk_target_is_named(element):
        # Only the last dot separates: a table name may contain dots.
        return bool(element._get_colspec().rpartition(".")[0] == source.key)
    return bool(element.column.table.key == source.key)


# -- server defaults --------------------------------------------------------------------


def _server_default_is_computed(*server_default: Any) -> bool:
    return any(isinstance(default, Computed) for default in server_default)


def _server_default_is_identity(*server_default: Any) -> bool:
    return any(isinstance(default, Identity) for default in server_default)


def _get_identity_options_dict(
    identity: Identity | Sequence | None, dialect_kwargs: bool = False
) -> dict[str, Any]:
    """Return the options that are set on an identity or a sequence.

    :param identity: the result is empty for `None`
    :param dialect_kwargs: include the options of dialects
    """
    if identity is None:
        return {}
    options = {
        name: value
        for name in _IDENTITY_OPTIONS
        if (value := getattr(identity, name, None)) is not None
    }
    if dialect_kwargs and isinstance(identity, DialectKWArgs):
        options.update(identity.dialect_kwargs)
    return options


# -- types ------------------------------------------------------------------------------


def _type_has_variants(type_: TypeEngine[Any]) -> bool:
    return bool(type_._variant_mapping)


def _get_variant_mapping(type_: TypeEngine[Any]) -> Mapping[str, TypeEngine[Any]]:
    mapping: Mapping[str, TypeEngine[Any]] = type_._variant_mapping
    return mapping


def _resolve_for_variant(type_: TypeEngine[Any], dialect: Dialect) -> TypeEngine[Any]:
    return _get_variant_mapping(type_).get(dialect.name, type_)


def _inherit_schema_deprecated() -> bool:
    """Return whether this SQLAlchemy deprecates `inherit_schema` of named types."""
    return sqla_2_1


# -- connections ------------------------------------------------------------------------


def _get_connection_in_transaction(connection: Connection | None) -> bool:
    # The mock connection of offline mode has no such method.
    in_transaction = getattr(connection, "in_transaction", None)
    return bool(in_transaction()) if in_transaction is not None else False


@contextlib.contextmanager
def _ensure_scope_for_ddl(connection: Connection | None) -> Iterator[None]:
    """Run a block of DDL in the current transaction, or else in a new one."""
    begin = getattr(connection, "begin", None)
    if begin is None or _get_connection_in_transaction(connection):
        yield
    else:
        with begin():
            yield


def _safe_begin_connection_transaction(connection: Connection) -> Transaction:
    current = connection.get_transaction()
    return current if current is not None else connection.begin()


def _safe_commit_connection_transaction(connection: Connection) -> None:
    current = connection.get_transaction()
    if current is not None:
        current.commit()


def _safe_rollback_connection_transaction(connection: Connection) -> None:
    current = connection.get_transaction()
    if current is not None:
        current.rollback()


def _connectable_has_table(connectable: Connection, tablename: str, schemaname: str | None) -> bool:
    return connectable.dialect.has_table(connectable, tablename, schemaname)


def _exec_on_inspector(
    inspector: Inspector, statement: Executable, **params: Any
) -> CursorResult[Any]:
    """Run a statement on the connection of an inspector."""
    with inspector._operation_context() as conn:
        return conn.execute(statement, params)
