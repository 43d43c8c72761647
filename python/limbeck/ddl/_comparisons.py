"""The part of `DefaultImpl` that autogenerate calls: comparison, reflection and rendering."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import sqlalchemy

from limbeck import util
from limbeck.ddl import _identity, _types
from limbeck.ddl._autogen import ComparisonResult
from limbeck.ddl._types import Params
from limbeck.util import sqla_compat

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect
    from sqlalchemy.engine.reflection import Inspector
    from sqlalchemy.schema import (
        CheckConstraint,
        Column,
        ForeignKeyConstraint,
        Identity,
        Index,
        Table,
        UniqueConstraint,
    )
    from sqlalchemy.schema import Sequence as SchemaSequence
    from sqlalchemy.sql.elements import ClauseElement
    from sqlalchemy.types import TypeEngine

    from limbeck.autogenerate.api import AutogenContext

log = logging.getLogger("alembic.ddl.impl")

#: The methods that decide comparisons. If one of them is overridden outside of this package,
#: `_can_compare_by_records()` returns false.
_COMPARISON_METHODS = (
    "_column_args_match",
    "_column_types_match",
    "_tokenize_column_type",
    "adjust_reflected_dialect_options",
    "autogen_column_reflect",
    "compare_indexes",
    "compare_server_default",
    "compare_type",
    "compare_unique_constraint",
    "correct_for_autogen_constraints",
    "correct_for_autogen_foreignkeys",
    "render_ddl_sql_expr",
)
_DDL_PACKAGE = __name__.rpartition(".")[0] + "."

_IGNORED_IN_COMPUTED = re.compile(r"""[ ()'"`\[\]\t\r\n]""")


def _difference(label: str, metadata: tuple[Any, ...], reflected: tuple[Any, ...]) -> list[str]:
    return [] if metadata == reflected else [f"{label} {reflected} to {metadata}"]


def _column_names(item: Index | UniqueConstraint) -> tuple[str, ...]:
    return tuple(str(column.name) for column in item.columns)


class Comparisons:
    """The base class of `DefaultImpl` for autogenerate; a dialect overrides what differs."""

    dialect: Dialect
    __dialect__: ClassVar[str]

    type_synonyms: tuple[set[str], ...] = ({"NUMERIC", "DECIMAL"},)
    type_arg_extract: Sequence[str] = ()
    identity_attrs_ignore: tuple[str, ...] = ("order", "on_null")

    #: Whether `autogenerate.compare.unchanged`, which compares the inspector's records with the
    #: model, agrees with the methods below. Not inherited: a subclass may compare differently.
    _by_records: ClassVar[bool] = False

    def _can_compare_by_records(self) -> bool:
        """Return whether the class itself sets `_by_records`, and no user overrides its methods."""
        return vars(type(self)).get("_by_records", False) and all(
            getattr(getattr(self, name), "__module__", "").startswith(_DDL_PACKAGE)
            for name in _COMPARISON_METHODS
        )

    def _are_types_equal(self, inspected: TypeEngine[Any], wanted: TypeEngine[Any]) -> bool | None:
        """Return whether two types are equal, if `compare_type()` does not compare their SQL.

        :param inspected: the type of a column of the database.
        :param wanted: the type of a column of the model.
        :return: `None` if the types are compared by their SQL.
        """
        return None

    def _are_defaults_equal(
        self,
        inspected_type: TypeEngine[Any],
        metadata_column: Column[Any],
        wanted: str,
        present: str,
    ) -> bool:
        """Return whether two server defaults are equal, without a query.

        False if `compare_server_default()` would find a difference, or would need a query.

        :param inspected_type: the type of the column of the database.
        :param metadata_column: the column of the model.
        :param wanted: the default of the model, as DDL.
        :param present: the default of the database, as DDL.
        """
        return wanted == present

    def _implicit_indexes(
        self, indexes: Sequence[Mapping[str, Any]], foreign_keys: Sequence[Mapping[str, Any]]
    ) -> set[str]:
        """Return the names that `correct_for_autogen_constraints()` removes on both sides.

        :param indexes: the inspector's records of the indexes of a table.
        :param foreign_keys: the inspector's records of its foreign keys.
        """
        return set()

    def _compares_options(self, options: Mapping[str, Any]) -> bool:
        """Return whether comparisons take any of these dialect options into account.

        :param options: the dialect options of an index or a constraint.
        """
        return False

    # -- comparing: types, defaults, identities -------------------------------------

    def compare_type(self, inspector_column: Column[Any], metadata_column: Column[Any]) -> bool:
        """Return whether the types of two columns differ.

        :param inspector_column: the column of the database.
        :param metadata_column: the column of the model.
        """
        inspected = self._tokenize_column_type(inspector_column)
        wanted = self._tokenize_column_type(metadata_column)
        return not (
            self._column_types_match(inspected, wanted)
            and self._column_args_match(inspected, wanted)
        )

    def _are_types_certain(self, inspected: TypeEngine[Any], wanted: TypeEngine[Any]) -> bool:
        """Return whether no server can tell two types apart that `compare_type()` takes for equal.

        It takes an argument that one side leaves out for the default.
        """
        compiler = self.dialect.type_compiler_instance
        present, other = (
            self._with_default_arguments(_types.tokenize(compiler.process(type_)))
            for type_ in (inspected, wanted)
        )
        # A synonym may have other words.
        same_words = present.tokens == other.tokens or present.token0 != other.token0
        return same_words and (present.args, present.kwargs) == (other.args, other.kwargs)

    def _with_default_arguments(self, type_: Params) -> Params:
        """Return a type with the arguments that the server gives it, as far as they are the same on each server."""
        return type_

    def _tokenize_column_type(self, column: Column[Any]) -> Params:
        return _types.tokenize(self.dialect.type_compiler_instance.process(column.type))

    def _column_types_match(self, inspector_params: Params, metadata_params: Params) -> bool:
        return _types.same_type(inspector_params, metadata_params, self.type_synonyms)

    def _column_args_match(self, inspected_params: Params, meta_params: Params) -> bool:
        return _types.same_arguments(inspected_params, meta_params, self.type_arg_extract)

    @staticmethod
    def _has_text_default(column: Column[Any]) -> bool:
        """Return whether the default of a column of the model is a string, not SQL."""
        return isinstance(getattr(column.server_default, "arg", None), str)

    def compare_server_default(
        self,
        inspector_column: Column[Any],
        metadata_column: Column[Any],
        rendered_metadata_default: str | None,
        rendered_inspector_default: str | None,
    ) -> bool:
        """Return whether two server defaults differ.

        :param inspector_column: the column of the database.
        :param metadata_column: the column of the model.
        :param rendered_metadata_default: the default of the model, as DDL.
        :param rendered_inspector_default: the default of the database, as DDL.
        """
        return rendered_inspector_default != rendered_metadata_default

    def _compare_identity_default(
        self,
        metadata_identity: Identity | SchemaSequence | None,
        inspector_identity: Identity | SchemaSequence | None,
    ) -> tuple[set[str], set[str], bool]:
        return _identity.compare_identities(
            metadata_identity, inspector_identity, self.identity_attrs_ignore
        )

    def _normalize_computed_default(self, sqltext: str) -> str:
        """Remove blanks, quotes, parentheses and case from the SQL of a computed column."""
        return _IGNORED_IN_COMPUTED.sub("", sqltext).lower()

    # -- comparing: constraints and indexes -----------------------------------------

    def compare_indexes(self, metadata_index: Index, reflected_index: Index) -> ComparisonResult:
        """Compare an index of the model with its namesake in the database."""
        for index in (metadata_index, reflected_index):
            if sqla_compat.is_expression_index(index):
                log.warning(
                    "Generating approximate signature for index %s. The dialect "
                    "implementation should either skip expression indexes "
                    "or provide a custom implementation.",
                    index,
                )
        reasons = [
            *self._unique_difference(metadata_index, reflected_index),
            *_difference(
                "expression", _column_names(metadata_index), _column_names(reflected_index)
            ),
        ]
        return ComparisonResult.Different(reasons) if reasons else ComparisonResult.Equal()

    def _unique_difference(self, metadata_index: Index, reflected_index: Index) -> list[str]:
        # `unique` may be None on either side, which means False.
        present, wanted = bool(reflected_index.unique), bool(metadata_index.unique)
        return [] if present == wanted else [f"unique={present} to unique={wanted}"]

    def compare_unique_constraint(
        self,
        metadata_constraint: UniqueConstraint,
        reflected_constraint: UniqueConstraint,
    ) -> ComparisonResult:
        """Compare a unique constraint of the model with its namesake in the database."""
        reasons = _difference(
            "expression",
            tuple(sorted(_column_names(metadata_constraint))),
            tuple(sorted(_column_names(reflected_constraint))),
        )
        return ComparisonResult.Different(reasons) if reasons else ComparisonResult.Equal()

    def compare_check_constraint(
        self,
        metadata_constraint: CheckConstraint,
        reflected_constraint: CheckConstraint,
    ) -> ComparisonResult:
        """Compare two CHECK constraints of the same name; here they are always equal.

        Databases rewrite conditions when they store them, so their texts cannot be compared. A
        dialect may override this.
        """
        return ComparisonResult.Equal()

    def correct_for_autogen_constraints(
        self,
        conn_uniques: set[UniqueConstraint],
        conn_indexes: set[Index],
        metadata_unique_constraints: set[UniqueConstraint],
        metadata_indexes: set[Index],
    ) -> None:
        """Remove constraints and indexes that the backend creates itself, or cannot reflect."""

    def correct_for_autogen_foreignkeys(
        self,
        conn_fks: set[ForeignKeyConstraint],
        metadata_fks: set[ForeignKeyConstraint],
    ) -> None:
        """Adjust foreign keys that the backend reports differently from their definition."""

    def adjust_reflected_dialect_options(self, reflected_object: Any, kind: str) -> dict[str, Any]:
        """Return the dialect options of a reflected object in the form that a model has.

        :param reflected_object: the dictionary that the inspector returned.
        :param kind: the kind of the object, such as `index` or `unique_constraint`.
        """
        options: dict[str, Any] = reflected_object.get("dialect_options", {})
        return options

    def _skip_functional_indexes(
        self, metadata_indexes: set[Index], conn_indexes: set[Index]
    ) -> None:
        """Remove the expression indexes of the model, for dialects that cannot reflect them."""
        reflected = {index.name for index in conn_indexes}
        for index in list(metadata_indexes):
            if index.name in reflected or not sqla_compat.is_expression_index(index):
                continue
            util.warn(
                "autogenerate skipping metadata-specified expression-based index "
                f"{index.name!r}; dialect {self.__dialect__!r} under SQLAlchemy "
                f"{sqlalchemy.__version__} can't reflect these indexes so they "
                "can't be compared"
            )
            metadata_indexes.discard(index)

    # -- reflecting and rendering ---------------------------------------------------

    def autogen_column_reflect(
        self, inspector: Inspector, table: Table, column_info: dict[str, Any]
    ) -> None:
        """Change the inspector's dictionary of a column before autogenerate compares it."""

    def _compat_autogen_column_reflect(
        self, inspector: Inspector
    ) -> Callable[[Any, Table, dict[str, Any]], None]:
        def listener(_: Any, table: Table, column_info: dict[str, Any]) -> None:
            self.autogen_column_reflect(inspector, table, column_info)

        return listener

    def _inspector_for_many_tables(self, inspector: Inspector) -> Inspector:
        """Return an inspector for reading many tables; a dialect may return a faster one.

        :param inspector: the inspector of the connection.
        """
        return inspector

    def _prefetch_default_comparisons(
        self, columns: Sequence[tuple[Column[Any], Column[Any], str, str]]
    ) -> None:
        """Run the queries of many calls of `compare_server_default()` together, before the calls.

        :param columns: the arguments of each call.
        """

    def render_ddl_sql_expr(
        self, expr: ClauseElement, is_server_default: bool = False, **kw: Any
    ) -> str:
        """Compile an expression to SQL for DDL, with literal values.

        :param expr: the expression, such as a server default or an index entry.
        :param is_server_default: whether it is a server default.
        """
        return str(
            expr.compile(
                dialect=self.dialect,
                compile_kwargs={"literal_binds": True, "include_table": False},
            )
        )

    def render_type(
        self, type_obj: TypeEngine[Any], autogen_context: AutogenContext
    ) -> str | Literal[False]:
        """Render a type as Python for a revision file.

        :return: `False` for the standard rendering.
        """
        return False
