"""What changes of types and defaults do to the rows of a table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from limbeck.lint.step import Occurrence, Step

#: PostgreSQL's other names of types.
_ALIASES = {
    "bigserial": "bigint",
    "bool": "boolean",
    "character varying": "varchar",
    "decimal": "numeric",
    "float8": "double precision",
    "float": "double precision",
    "int": "integer",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "serial": "integer",
    "smallserial": "smallint",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
    "time without time zone": "time",
}
_TYPE = re.compile(r"([a-z_][\w .\"]*?)\s*(?:\(([\d\s,]*)\)\s*([a-z ]*))?")


def parse_type(text: str) -> tuple[str, tuple[int, ...]]:
    """Return the name of a type, one for all of its spellings, and its numbers: `varchar(20)` is `("varchar", (20,))`."""
    return _parse(text, _ALIASES)


def _parse(text: str, aliases: Mapping[str, str]) -> tuple[str, tuple[int, ...]]:
    plain = text.lower().strip()
    match = _TYPE.fullmatch(plain)
    if match is None:
        return plain, ()
    name = " ".join(f"{match[1]} {match[3] or ''}".split())
    numbers = tuple(int(number) for number in (match[2] or "").split(",") if number.strip())
    return aliases.get(name, name), numbers


def keeps_rows(before: str, after: str, using: str | None, column: str) -> bool:
    """Return whether PostgreSQL changes a type without rewriting the table.

    The manual's chapter on ALTER TABLE: if the old type is binary coercible to the new one, or a longer limit of it.

    :param before: the old type.
    :param after: the new type.
    :param using: the expression after USING, if any.
    :param column: the name of the column.
    """
    if using is not None and not _is_cast(using, column):
        return False
    old, old_numbers = parse_type(before)
    new, new_numbers = parse_type(after)
    if (old, old_numbers) == (new, new_numbers):
        return True
    if old in ("varchar", "text") and new in ("varchar", "text"):
        if not new_numbers:
            return True
        return old == "varchar" and bool(old_numbers) and new_numbers >= old_numbers
    if old != new:
        return (old, new) == ("cidr", "inet")
    if new == "numeric":
        if not new_numbers:
            return True
        if not old_numbers:
            return False
        scales = [(*numbers, 0)[1] for numbers in (old_numbers, new_numbers)]
        return scales[0] == scales[1] and new_numbers[0] >= old_numbers[0]
    if new in ("timestamp", "timestamptz", "time", "varbit", "bit varying", "interval"):
        return not new_numbers or (bool(old_numbers) and new_numbers >= old_numbers)
    return False


def _is_cast(using: str, column: str) -> bool:
    """Return whether an expression is a column, or a cast of it."""
    plain = using.lower().replace('"', "").strip("() ")
    return re.fullmatch(rf"{re.escape(column.lower())}(::[\w (),]+)?", plain) is not None


#: Functions of PostgreSQL that have one value for a whole statement.
_NOT_VOLATILE = frozenset((
    "abs", "array", "cast", "char", "coalesce", "concat", "current_date", "current_setting", "current_time",
    "current_timestamp", "current_user", "date", "date_trunc", "daterange", "decimal", "decode", "encode",
    "extract", "greatest", "int4range", "interval", "json_build_array", "json_build_object", "jsonb_build_array",
    "jsonb_build_object", "least", "length", "localtime", "localtimestamp", "lower", "make_date", "make_interval",
    "make_timestamp", "md5", "now", "nullif", "numeric", "numrange", "replace", "round", "session_user",
    "statement_timestamp", "substr", "substring", "timestamp", "timezone", "to_char", "to_date", "to_json",
    "to_jsonb", "to_timestamp", "transaction_timestamp", "trim", "tsrange", "tstzrange", "txid_current", "upper",
    "varchar",
))  # fmt: skip
_CALL = re.compile(r"([a-z_][\w.]*)\s*\(", re.IGNORECASE)
_LITERAL = re.compile(r"'(?:[^']|'')*'")


def is_volatile(expression: str) -> str | None:
    """Return what makes a default differ from row to row, such as `random()`; `None` if nothing does.

    :param expression: an expression of PostgreSQL.
    """
    for call in _CALL.finditer(_LITERAL.sub("''", expression)):
        name = call[1].lower().removeprefix("pg_catalog.")
        if name not in _NOT_VOLATILE:
            return f"{name}()"
    return None


def mysql_copies(at: Occurrence, step: Step) -> str | None:
    """Return why MySQL or MariaDB copies a table; `None` if it does not.

    The manuals' chapters on online DDL.

    :param at: a change.
    :param step: its step.
    """
    change = at.change
    if change.kind == "modify_column":
        return _modified(at, step.type_before(at))
    if change.kind == "add_column":
        return "a stored generated column" if at.has("generated_stored") else None
    if change.kind == "drop_constraint":
        siblings = [o for o in step.occurrences if o.statement is at.statement]
        is_replaced = any(o.change.constraint == "primary_key" for o in siblings if o is not at)
        is_key = change.constraint == "primary_key"
        return "a dropped primary key" if is_key and not is_replaced else None
    if change.constraint == "foreign_key":
        return None if _checks_are_off(at, step) else "a foreign key with foreign_key_checks on"
    return None


def _modified(at: Occurrence, before: str | None) -> str | None:
    change = at.change
    after = change.data_type or ""
    if before is None or change.labels:
        return None  # unknown; a rule of its own
    old, old_numbers = _mysql_type(before)
    new, new_numbers = _mysql_type(after)
    if old != new:
        return f"{change.name} from {before} to {after}"
    if old != "varchar" or old_numbers == new_numbers:
        is_display_width = old.removesuffix(" unsigned") in _INTEGERS
        is_same = is_display_width or old_numbers == new_numbers
        return None if is_same else f"{change.name} from {before} to {after}"
    shorter = new_numbers < old_numbers
    # The length is stored in one byte up to 255 bytes, and a character has up to four.
    crosses = old_numbers[0] * 4 <= 255 < new_numbers[0] * 4
    return f"{change.name} from {before} to {after}" if shorter or crosses else None


_INTEGERS = ("tinyint", "smallint", "mediumint", "integer", "bigint")
_MYSQL_ALIASES = {"int": "integer", "bool": "tinyint", "boolean": "tinyint", "decimal": "numeric",
    "int unsigned": "integer unsigned"}  # fmt: skip


def _mysql_type(text: str) -> tuple[str, tuple[int, ...]]:
    plain = re.sub(r"\s+(character set|charset|collate)\s+\S+", "", text.lower())
    return _parse(plain, _MYSQL_ALIASES)


def _checks_are_off(at: Occurrence, step: Step) -> bool:
    off = False
    for other in step.occurrences:
        if other is at:
            break
        if other.change.kind == "set" and (other.change.name or "").endswith("foreign_key_checks"):
            off = str(other.change.expression).lower() in ("0", "off", "false")
    return off
