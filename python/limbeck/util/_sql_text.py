"""The text of SQL statements: shown to people without literals, which may be private, and read where its kind matters."""

from __future__ import annotations

import re

_LITERAL = re.compile(r"[eE]?'(?:[^'\\]|''|\\.)*'|\$(\w*)\$.*?\$\1\$|\b\d+(?:\.\d+)?\b", re.DOTALL)

_GAP = r"(?:\s|--[^\n]*(?:\n|\Z)|/\*(?:(?!/\*).)*?\*/)*"
_NAME = r'(?:"(?:[^"]|"")+"|[^\W\d][\w$]*(?![\w$]))'
_CONCURRENT_INDEX = re.compile(
    _GAP.join(
        [
            r"",
            r"CREATE\b",
            r"(?P<unique>UNIQUE\b)?",
            r"INDEX\b",
            r"CONCURRENTLY\b",
            rf"(?:IF\b{_GAP}NOT\b{_GAP}EXISTS\b)?",
            rf"(?P<name>{_NAME})",
            r"ON\b",
            r"(?:ONLY\b)?",
            rf"(?P<table>(?:{_NAME}\s*\.\s*){{0,2}}(?P<relation>{_NAME}))(?P<rest>.*)",
        ]
    ),
    re.IGNORECASE | re.DOTALL,
)
_QUOTED = re.compile(
    r"""[eE]'(?:[^'\\]|''|\\.)*'|'[^']*'|"[^"]*"|\$(\w*)\$.*?\$\1\$|--[^\n]*|/\*.*?\*/""", re.DOTALL
)


def without_literals(sql: str, *, longest: int) -> str:
    """Return SQL, or a message of a server, with `?` for each literal, on one line.

    :param sql: the text.
    :param longest: the maximum length; a longer text is shortened.
    """
    text = " ".join(_LITERAL.sub("?", sql).split())
    # An incomplete statement, as servers report it, may end inside a string.
    text = text.split("'")[0]
    return text if len(text) <= longest else f"{text[:longest]}..."


def concurrent_index(statement: str) -> re.Match[str] | None:
    """Match a single CREATE INDEX CONCURRENTLY with an index name; without one, PostgreSQL chooses a new name each time.

    :param statement: the SQL.
    :return: a match with the groups `unique`, `name`, `table`, `relation` (the table without its schema) and `rest`.
    """
    match = _CONCURRENT_INDEX.match(statement)
    if match is None or ";" in _QUOTED.sub("", match["rest"]).rstrip("; \t\r\n"):
        return None
    return match


def text_of_literal(sql: str) -> str | None:
    """Return the text of a literal in quotes; `None` for other SQL.

    :param sql: a default, for instance.
    """
    if len(sql) < 2 or sql[0] != "'" or sql[-1] != "'":
        return None
    return sql[1:-1].replace("''", "'")
