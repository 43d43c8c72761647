"""Comparison of the expressions and defaults of a model with those that PostgreSQL reports.

PostgreSQL rewrites expressions when it stores them: it adds casts and parentheses, and folds names
to lower case. The functions here normalize both sides before they compare them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy.schema import Index
from sqlalchemy.sql.elements import TextClause

from limbeck import util
from limbeck.ddl._autogen import ComparisonResult

if TYPE_CHECKING:
    from collections.abc import Mapping

_PART_OF_NAME = r'(?:"[^"]*"|\w+)'
# The name of a type after `::` or `AS`.
_TYPE = rf"""
    {_PART_OF_NAME} (?: \. {_PART_OF_NAME} )?
    (?: \s+ (?: varying | precision ) )?
    (?: \s* \( [\d\s,]+ \) )?
    (?: \s+ with (?:out)? \s+ time \s+ zone )?
    (?: \s* \[ \d* \] )*
"""
_CAST = re.compile(rf"::\s*{_TYPE}", re.VERBOSE | re.IGNORECASE)
_CAST_CALL = re.compile(
    rf"\b cast \s* \( ( (?: (?! \b cast \s* \( ) . )*? ) \s+ as \s+ {_TYPE} \s* \)",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)

# The default sort order, which PostgreSQL does not always report.
_SORT_DEFAULTS = (
    re.compile(r"(?<! desc) nulls last$"),
    re.compile(r" asc(?= nulls first$|$)"),
    re.compile(r"(?<= desc) nulls first$"),
)

_OPERATOR_CLASS = re.compile(r".*[ )][^ )]*_ops$")

_COMPARED_OPTIONS = ("nulls_not_distinct",)


# -- expressions ------------------------------------------------------------------------


def without_casts(expression: str) -> str:
    """Remove the `::type` casts from an expression."""
    return _CAST.sub("", expression)


def normalize_index_entry(index: Index, expression: str) -> str:
    """Normalize an index entry for comparison.

    Removes casts, quotes, blanks, outer parentheses and the default sort order.

    :param index: the index. The name of its table is removed from the entry.
    :param expression: the entry as SQL.
    """
    entry = re.sub(r"[\"']", "", without_casts(expression.lower()))
    if index.table is not None:
        entry = entry.replace(f"{index.table.name.lower()}.", "")
    for default in _SORT_DEFAULTS:
        entry = default.sub("", entry)
    entry = entry.strip()
    while entry.startswith("(") and entry.endswith(")"):
        entry = entry[1:-1].strip()
    unwrapped = _CAST_CALL.sub(r"\1", entry)
    while unwrapped != entry:
        entry, unwrapped = unwrapped, _CAST_CALL.sub(r"\1", unwrapped)
    return entry.replace(" ", "")


def dialect_options(options: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the options that are set and that autogenerate compares.

    :param options: the `dialect_kwargs` of an index or a unique constraint.
    """
    return tuple(name for name in _COMPARED_OPTIONS if options.get(f"postgresql_{name}"))


# -- indexes and unique constraints -----------------------------------------------------


def entry_count_difference(metadata_index: Index, reflected_index: Index) -> list[str]:
    """Return a list with one reason if the numbers of entries differ, else an empty list."""
    wanted, present = len(metadata_index.expressions), len(reflected_index.expressions)
    return [] if wanted == present else [f"expression number {present} to {wanted}"]


def compare_index_entries(
    metadata_index: Index, reflected_index: Index, compile_: Callable[[Any], str]
) -> ComparisonResult:
    """Compare two indexes with the same number of entries: entry by entry, then by option.

    :param metadata_index: the index of the model.
    :param reflected_index: the index of the database.
    :param compile_: compiles an entry to SQL.
    """
    wanted, present = metadata_index.expressions, reflected_index.expressions
    differing: list[str] = []
    skipped: list[str] = []
    for position, (wanted_entry, present_entry) in enumerate(zip(wanted, present, strict=True), 1):
        wanted_sql, present_sql = compile_(wanted_entry), compile_(present_entry)
        if normalize_index_entry(metadata_index, wanted_sql) == normalize_index_entry(
            reflected_index, present_sql
        ):
            continue
        if not _is_literal_sql(wanted_entry) or _OPERATOR_CLASS.match(wanted_sql) is None:
            differing.append(f"expression #{position} {present_sql!r} to {wanted_sql!r}")
            continue
        skipped.append(
            f"expression #{position} {wanted_sql!r} detected as including operator clause."
        )
        util.warn(
            f"Expression #{position} {wanted_sql!r} in index {reflected_index.name!r} detected "
            "to include an operator clause. Expression compare cannot proceed. Please move "
            "the operator clause to the ``postgresql_ops`` dict to enable proper compare of "
            "the index expressions: https://docs.sqlalchemy.org/en/latest/dialects/"
            "postgresql.html#operator-classes"
        )
    wanted_options = dialect_options(metadata_index.dialect_kwargs)
    present_options = dialect_options(reflected_index.dialect_kwargs)
    if wanted_options != present_options:
        # A list of characters, as in Alembic: its message has commas between them.
        differing.extend(f"options {present_options} to {wanted_options}")
    if differing:
        return ComparisonResult.Different(differing)
    return ComparisonResult.Skip(skipped) if skipped else ComparisonResult.Equal()


def _is_literal_sql(entry: Any) -> bool:
    return isinstance(entry, TextClause) or getattr(entry, "is_literal", False)


# -- server defaults --------------------------------------------------------------------


class Constant(NamedTuple):
    """A constant default.

    `'it''s'::text` has the value `it's`, is quoted, and has the cast `text`.
    """

    value: str
    quoted: bool
    cast: str | None


_QUOTED_CONSTANT = re.compile(r"^'((?:[^']|'')*)'(?:::(.+))?$", re.DOTALL)
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_REGCLASS = re.compile(r"('[^']*')::regclass")

# Types whose values are equal only if their text is equal.
_TEXT_TYPES = frozenset({"character varying", "text", "json"})
_NUMBER_TYPES = frozenset({"integer", "bigint", "smallint", "numeric", "double precision"})


def parse_constant(default: str) -> Constant | None:
    """Parse a default.

    :return: the constant; `None` if the default is an expression.
    """
    quoted = _QUOTED_CONSTANT.match(default)
    if quoted is not None:
        cast = quoted[2]
        return Constant(quoted[1].replace("''", "'"), True, cast and re.sub(r"\(.*\)", "", cast))
    if _NUMBER.fullmatch(default) or default in ("true", "false"):
        return Constant(default, False, None)
    return None


def constants_equal(wanted: Constant, present: Constant) -> bool | None:
    """Return whether two constants are equal.

    :param wanted: the default of the model.
    :param present: the default of the database, where quoted constants carry their type.
    :return: `None` if only the server can decide.
    """
    if wanted.value == present.value and (wanted.quoted or wanted.quoted == present.quoted):
        return True
    if present.quoted and wanted.quoted and present.cast in _TEXT_TYPES:
        return False
    exact = present.cast in _NUMBER_TYPES if present.quoted else _NUMBER.fullmatch(present.value)
    if exact and _NUMBER.fullmatch(present.value) and _NUMBER.fullmatch(wanted.value):
        return Decimal(wanted.value) == Decimal(present.value)
    if {wanted.value, present.value} == {"true", "false"} and not present.quoted:
        return False
    return None


def without_regclass(default: str) -> str:
    """Remove the cast from the name of a sequence, as in `nextval('s'::regclass)`."""
    return _REGCLASS.sub(r"\1", default)
