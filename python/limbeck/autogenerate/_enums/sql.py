"""Texts of statements for PostgreSQL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Dialect

# What SQLAlchemy's `text()` takes for a parameter.
_PARAMETER = re.compile(r"(?<![:\w\\]):(?=\w+(?!:))")
_LITERAL = re.compile(r"E?'((?:[^']|'')*)'(?:::|\Z)")


class Quoting:
    """Quotes names and labels as PostgreSQL does.

    :param dialect: the dialect.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._preparer = dialect.identifier_preparer

    def name(self, schema: str | None, name: str) -> str:
        """Return a name with its schema."""
        prefix = f"{self._preparer.quote(schema)}." if schema else ""
        return prefix + self._preparer.quote(name)

    def column(self, name: str) -> str:
        """Return the name of a column or constraint."""
        return self._preparer.quote(name)


def literal(label: str) -> str:
    """Return a label as a literal."""
    return "'" + label.replace("'", "''") + "'"


def executable(statement: str) -> str:
    """Return a statement as `op.execute()` takes it, where a colon before a word is a parameter."""
    return _PARAMETER.sub(r"\\:", statement)


def literal_of(expression: str) -> str | None:
    """Return the value of a default that is a literal, with a cast or without; `None` for others."""
    found = _LITERAL.match(expression)
    if found is None:
        return None
    value = found[1].replace("''", "'")
    return value.replace("\\\\", "\\") if expression.startswith("E") else value


_ITEM = re.compile(r'"((?:[^"\\]|\\.)*)"|([^,{}"]+)')


def array_items(text: str) -> list[str]:
    """Return the items of an array as PostgreSQL writes it, such as `{a,"b,c"}`."""
    return [
        re.sub(r"\\(.)", r"\1", found[1]) if found[1] is not None else found[2]
        for found in _ITEM.finditer(text)
    ]


def array_text(items: Iterable[str]) -> str:
    """Return an array of texts as PostgreSQL reads it."""
    quoted = (re.sub(r'(["\\])', r"\\\1", item) for item in items)
    return "{" + ",".join(f'"{item}"' for item in quoted) + "}"
