"""Texts of statements for PostgreSQL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
    return found[1].replace("''", "'") if found else None
