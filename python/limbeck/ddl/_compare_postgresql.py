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

_ORDER = re.compile(r"\b(?:(?:asc|desc)\b.*|nulls\s+(?:first|last)\b)", re.IGNORECASE | re.DOTALL)

_OPERATOR_CLASS = re.compile(r".*[ )][^ )]*_ops$")

#: An explicit collation at the end of an entry, with its order.
_COLLATED = re.compile(
    rf"(?P<start>.+?) \s+ collate \s+ (?P<name>{_PART_OF_NAME} (?: \. {_PART_OF_NAME} )?)"
    r"(?P<end> \)* (?: \s+ (?: asc | desc ) )? (?: \s+ nulls \s+ (?: first | last ) )? )",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)

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


def split_collation(expression: str) -> tuple[str, str | None]:
    """Return an index entry without its explicit collation, and the collation's name without its schema."""
    found = _COLLATED.fullmatch(expression)
    if found is None:
        return expression, None
    name = re.findall(_PART_OF_NAME, found["name"])[-1]
    quoted = name.startswith('"')
    return found["start"] + found["end"], name[1:-1] if quoted else name.lower()


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
    metadata_index: Index,
    reflected_index: Index,
    compile_: Callable[[Any], str],
    collation_of: Callable[[int], str | None],
) -> ComparisonResult:
    """Compare two indexes with the same number of entries: entry by entry, then by option.

    :param metadata_index: the index of the model.
    :param reflected_index: the index of the database.
    :param compile_: compiles an entry to SQL.
    :param collation_of: reads the collation of an entry of the database's index by its position, from 1.
    """
    wanted, present = metadata_index.expressions, reflected_index.expressions
    differing: list[str] = []
    skipped: list[str] = []
    for position, (wanted_entry, present_entry) in enumerate(zip(wanted, present, strict=True), 1):
        wanted_sql = compile_(wanted_entry) + _order_in_options(metadata_index, wanted_entry)
        present_sql = compile_(present_entry)
        if normalize_index_entry(metadata_index, wanted_sql) == normalize_index_entry(
            reflected_index, present_sql
        ):
            continue
        # The server leaves an explicit collation out of an entry.
        plain, collation = split_collation(wanted_sql)
        if (
            collation is not None
            and normalize_index_entry(metadata_index, plain)
            == normalize_index_entry(reflected_index, present_sql)
            and collation == collation_of(position)
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


def _order_in_options(index: Index, entry: Any) -> str:
    """Return the order of an entry of a model that `postgresql_ops` has in the place of an operator class."""
    options = index.dialect_kwargs.get("postgresql_ops") or {}
    option = options.get(getattr(entry, "key", None)) or ""
    found = _ORDER.search(option)
    return "" if found is None else f" {found[0]}"


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
_NULL = re.compile(r"null(?:::.+)?", re.IGNORECASE)
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


def is_null(default: str | None) -> bool:
    """Return whether a default is none, or NULL, which the server keeps if it has to cast it."""
    return default is None or _NULL.fullmatch(default.strip()) is not None


def without_regclass(default: str) -> str:
    """Remove the cast from the name of a sequence, as in `nextval('s'::regclass)`."""
    return _REGCLASS.sub(r"\1", default)
