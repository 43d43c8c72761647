"""Comparison of expressions and defaults that PostgreSQL reports with those of a model.

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

# The name of a type after `::` or `AS`.
_PART_OF_NAME = r'(?:"[^"]*"|\w+)'
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

# Default sort order, which PostgreSQL does not always report.
_SORT_DEFAULTS = (
    (re.compile(r"(?<! desc) nulls last$"), ""),
    (re.compile(r" asc(?= nulls first$|$)"), ""),
    (re.compile(r"(?<= desc) nulls first$"), ""),
)

_OPERATOR_CLASS = re.compile(r".*[ )][^ )]*_ops$")

_OPTIONS = ("nulls_not_distinct",)


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
    for default, kept in _SORT_DEFAULTS:
        entry = default.sub(kept, entry)
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
    return tuple(name for name in _OPTIONS if options.get(f"postgresql_{name}"))


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
    unclear: list[str] = []
    for position, (ours, theirs) in enumerate(zip(wanted, present, strict=True), 1):
        our_sql, their_sql = compile_(ours), compile_(theirs)
        if normalize_index_entry(metadata_index, our_sql) == normalize_index_entry(
            reflected_index, their_sql
        ):
            continue
        if not _is_literal_sql(ours) or _OPERATOR_CLASS.match(our_sql) is None:
            differing.append(f"expression #{position} {their_sql!r} to {our_sql!r}")
            continue
        unclear.append(f"expression #{position} {our_sql!r} detected as including operator clause.")
        util.warn(
            f"Expression #{position} {our_sql!r} in index {reflected_index.name!r} detected "
            "to include an operator clause. Expression compare cannot proceed. Please move "
            "the operator clause to the ``postgresql_ops`` dict to enable proper compare of "
            "the index expressions: https://docs.sqlalchemy.org/en/latest/dialects/"
            "postgresql.html#operator-classes"
        )
    options = (
        dialect_options(reflected_index.dialect_kwargs),
        dialect_options(metadata_index.dialect_kwargs),
    )
    if options[0] != options[1]:
        # Alembic's message has one reason for each character.
        differing.extend(f"options {options[0]} to {options[1]}")
    if differing:
        return ComparisonResult.Different(differing)
    return ComparisonResult.Skip(unclear) if unclear else ComparisonResult.Equal()


def _is_literal_sql(entry: Any) -> bool:
    return isinstance(entry, TextClause) or getattr(entry, "is_literal", False)


# -- server defaults --------------------------------------------------------------------


class Literal(NamedTuple):
    """A constant default: its text, and the type it is cast to, if any."""

    value: str
    quoted: bool
    cast: str | None


_QUOTED_CONSTANT = re.compile(r"^'((?:[^']|'')*)'(?:::(.+))?$", re.DOTALL)
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_REGCLASS = re.compile(r"('[^']*')::regclass")

# Types whose values are equal only if their texts are.
_TEXT_TYPES = frozenset({"character varying", "text", "json"})
_NUMBER_TYPES = frozenset({"integer", "bigint", "smallint", "numeric", "double precision"})


def parse_literal(default: str) -> Literal | None:
    """Parse a constant default.

    :return: `None` for an expression.
    """
    found = _QUOTED_CONSTANT.match(default)
    if found is not None:
        cast = found[2]
        return Literal(found[1].replace("''", "'"), True, cast and re.sub(r"\(.*\)", "", cast))
    if _NUMBER.fullmatch(default) or default in ("true", "false"):
        return Literal(default, False, None)
    return None


def literals_equal(wanted: Literal, present: Literal) -> bool | None:
    """Compare two constants without the server.

    :param wanted: the default of the model.
    :param present: the default of the database, where quoted constants carry their type.
    :return: `None` if only the server can compare them.
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
