"""What autogenerate asks of a backend: whether two things differ, how they read as Python."""

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

#: The methods by which a dialect can have a say in a comparison, and where they are written.
_DECIDING = (
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
_ROOM = __name__.rpartition(".")[0] + "."

_COMPUTED_NOISE = re.compile(r"""[ ()'"`\[\]\t\r\n]""")


def _difference(what: str, metadata: tuple[Any, ...], reflected: tuple[Any, ...]) -> list[str]:
    return [] if metadata == reflected else [f"{what} {reflected} to {metadata}"]


def _column_names(item: Index | UniqueConstraint) -> tuple[str, ...]:
    return tuple(str(column.name) for column in item.columns)


class Comparisons:
    """The comparing part of `DefaultImpl`; a dialect overrides what differs."""

    dialect: Dialect
    __dialect__: ClassVar[str]

    type_synonyms: tuple[set[str], ...] = ({"NUMERIC", "DECIMAL"},)
    type_arg_extract: Sequence[str] = ()
    identity_attrs_ignore: tuple[str, ...] = ("order", "on_null")

    #: Whether what follows from the records of the database alone, as autogenerate tells it
    #: (`autogenerate.compare.unchanged`), is what the methods below find. A class derived
    #: from one that says so does not: it was made to find something else.
    _by_records: ClassVar[bool] = False

    def _compares_by_records(self) -> bool:
        """Tell whether this is such a class, with its methods as they were written."""
        return vars(type(self)).get("_by_records", False) and all(
            getattr(getattr(self, name), "__module__", "").startswith(_ROOM) for name in _DECIDING
        )

    def _defaults_are_same_text(
        self, metadata_column: Column[Any], wanted: str, present: str
    ) -> bool:
        """Tell whether `compare_server_default` is going to find no difference, unasked.

        :param metadata_column: as the model has it.
        :param wanted, present: the default of the model and that of the database, as DDL.
        """
        return wanted == present

    def _compares_options(self, options: Mapping[str, Any]) -> bool:
        """Tell whether any dialect option of an index or a constraint matters to comparisons.

        :param options: as they were stated or reflected.
        """
        return False

    # -- comparing: types, defaults, identities -------------------------------------

    def compare_type(self, inspector_column: Column[Any], metadata_column: Column[Any]) -> bool:
        """Tell whether the types of two columns differ.

        :param inspector_column: as the database has it.
        :param metadata_column: as the model has it.
        """
        inspected = self._tokenize_column_type(inspector_column)
        wanted = self._tokenize_column_type(metadata_column)
        return not (
            self._column_types_match(inspected, wanted)
            and self._column_args_match(inspected, wanted)
        )

    def _tokenize_column_type(self, column: Column[Any]) -> Params:
        return _types.tokenize(self.dialect.type_compiler_instance.process(column.type))

    def _column_types_match(self, inspector_params: Params, metadata_params: Params) -> bool:
        return _types.same_type(inspector_params, metadata_params, self.type_synonyms)

    def _column_args_match(self, inspected_params: Params, meta_params: Params) -> bool:
        return _types.same_arguments(inspected_params, meta_params, self.type_arg_extract)

    def compare_server_default(
        self,
        inspector_column: Column[Any],
        metadata_column: Column[Any],
        rendered_metadata_default: str | None,
        rendered_inspector_default: str | None,
    ) -> bool:
        """Tell whether two server defaults differ.

        :param inspector_column, metadata_column: whose defaults they are.
        :param rendered_metadata_default, rendered_inspector_default: as DDL.
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
        """Reduce the text of a computed column to what is worth comparing."""
        return _COMPUTED_NOISE.sub("", sqltext).lower()

    # -- comparing: constraints and indexes -----------------------------------------

    def compare_indexes(self, metadata_index: Index, reflected_index: Index) -> ComparisonResult:
        """Compare an index of the model with its like in the database."""
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
        # `unique` may be unset on either side, which means that it is not.
        before, after = bool(reflected_index.unique), bool(metadata_index.unique)
        return [] if before == after else [f"unique={before} to unique={after}"]

    def compare_unique_constraint(
        self,
        metadata_constraint: UniqueConstraint,
        reflected_constraint: UniqueConstraint,
    ) -> ComparisonResult:
        """Compare a unique constraint of the model with its like in the database."""
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
        """Compare two CHECK constraints of one name.

        Databases write conditions anew when they store them, so nothing is made of the
        text; a dialect that knows better overrides this.
        """
        return ComparisonResult.Equal()

    def correct_for_autogen_constraints(
        self,
        conn_uniques: set[UniqueConstraint],
        conn_indexes: set[Index],
        metadata_unique_constraints: set[UniqueConstraint],
        metadata_indexes: set[Index],
    ) -> None:
        """Take out of the four sets what the backend makes or reports of its own accord."""

    def correct_for_autogen_foreignkeys(
        self,
        conn_fks: set[ForeignKeyConstraint],
        metadata_fks: set[ForeignKeyConstraint],
    ) -> None:
        """Level out what the backend reports otherwise than it was said."""

    def adjust_reflected_dialect_options(self, reflected_object: Any, kind: str) -> dict[str, Any]:
        """Give the dialect options of something reflected, as a model would state them.

        :param reflected_object: what the inspector reported.
        :param kind: what it is, such as `index` or `unique_constraint`.
        """
        options: dict[str, Any] = reflected_object.get("dialect_options", {})
        return options

    def _skip_functional_indexes(
        self, metadata_indexes: set[Index], conn_indexes: set[Index]
    ) -> None:
        """Leave out the model's expression indexes where the database's cannot be read."""
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
        """Amend what was reflected of a column before autogenerate sees it."""

    def _compat_autogen_column_reflect(
        self, inspector: Inspector
    ) -> Callable[[Any, Table, dict[str, Any]], None]:
        def listener(_: Any, table: Table, column_info: dict[str, Any]) -> None:
            self.autogen_column_reflect(inspector, table, column_info)

        return listener

    def _inspector_of_all(self, inspector: Inspector) -> Inspector:
        """Return an inspector for reading many tables: the same, unless the dialect has a better.

        :param inspector: of the connection.
        """
        return inspector

    def _prefetch_default_comparisons(
        self, columns: Sequence[tuple[Column[Any], Column[Any], str, str]]
    ) -> None:
        """Ask at once what `compare_server_default` would ask the database column by column.

        :param columns: the arguments of the calls to come.
        """

    def render_ddl_sql_expr(
        self, expr: ClauseElement, is_server_default: bool = False, **kw: Any
    ) -> str:
        """Write an expression as it stands in DDL.

        :param expr: such as a server default, or an entry of an index.
        :param is_server_default: it is the former.
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
        """Write a type as Python for a revision file; `False` leaves it to the standard way."""
        return False
