"""Reads texts of SQL: definitions on one line, and what only the text of a SQLite table has."""

from __future__ import annotations

import re
from typing import NamedTuple

_COMMENT = r"--[^\n]*|/\*.*?\*/"
_QUOTED = r"\"(?:[^\"]|\"\")*\"|`(?:[^`]|``)*`"
_STRING = r"'(?:[^']|'')*'"
#: As MySQL writes them: a backslash escapes the next character.
_STRING_OF_MYSQL = r"'(?:[^'\\]|\\.|'')*'"
#: PostgreSQL's other strings: a backslash escapes in the first, a tag of one's own ends the second.
_STRING_OF_POSTGRESQL = (
    r"\b[eE]'(?:[^'\\]|\\.|'')*'|\$(?P<tag>[^\W\d]\w*|)\$(?P<body>.*?)\$(?P=tag)\$"
)
_FOLDED = re.compile(
    rf"(?P<kept>{_STRING_OF_POSTGRESQL}|{_STRING}|{_QUOTED})|{_COMMENT}|\s+", re.DOTALL
)
_FOLDED_OF_MYSQL = re.compile(rf"(?P<kept>{_STRING_OF_MYSQL}|{_QUOTED})|{_COMMENT}|\s+", re.DOTALL)
#: As `pg_get_functiondef()` writes them; in Python, say, indentation has a meaning.
_LANGUAGE_WITHOUT_LAYOUT = re.compile(r"^ LANGUAGE (?:sql|plpgsql)$", re.MULTILINE)
#: Line breaks within literals are shown by these.
_BREAKS = str.maketrans({"\n": "␊", "\r": "␍"})
_TOKEN = re.compile(rf"{_COMMENT}|(?P<token>{_STRING}|{_QUOTED}|\[[^\]]*\]|\w+|[^\s\w])", re.DOTALL)
#: The first words of table constraints, which are no names of columns unless they are quoted.
_CONSTRAINTS = frozenset({"CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"})


def one_line(text: str, *, of_mysql: bool = False) -> str:
    """Return a text with single spaces instead of line breaks and indentation, except within literals and quoted names.

    :param text: a text of SQL.
    :param of_mysql: whether a backslash escapes a quote.
    """
    return (_FOLDED_OF_MYSQL if of_mysql else _FOLDED).sub(_fold, text).strip()


def function_on_one_line(text: str) -> str:
    """Return the definition of a function, its body folded as well if spaces have no meaning in its language.

    :param text: what `pg_get_functiondef()` returns.
    """
    if _LANGUAGE_WITHOUT_LAYOUT.search(text) is None:
        return one_line(text)
    return _FOLDED.sub(_fold_body, text).strip()


def _fold(match: re.Match[str]) -> str:
    if (kept := match["kept"]) is not None:
        return kept.translate(_BREAKS)
    return " ".join(match[0].split()) or " "


def _fold_body(match: re.Match[str]) -> str:
    if match["body"] is None:
        return _fold(match)
    return f"${match['tag']}${one_line(match['body'])}${match['tag']}$"


class TableText(NamedTuple):
    """What no PRAGMA of SQLite tells of a table.

    :ivar collations: the collations of columns, in upper case.
    :ivar generated: the expressions of generated columns.
    :ivar has_autoincrement: whether the primary key has AUTOINCREMENT.
    """

    collations: dict[str, str]
    generated: dict[str, str]
    has_autoincrement: bool


def read_table(sql: str) -> TableText:
    """Return what a CREATE TABLE of SQLite says about its columns.

    :param sql: the text, as `sqlite_master` has it.
    """
    collations: dict[str, str] = {}
    generated: dict[str, str] = {}
    has_autoincrement = False
    for column in _columns(sql):
        name = _unquoted(column[0])
        words = [token.upper() for token in column]
        has_autoincrement = has_autoincrement or "AUTOINCREMENT" in words
        if "COLLATE" in words[:-1]:
            collation = _unquoted(column[words.index("COLLATE") + 1]).upper()
            if collation != "BINARY":  # the default
                collations[name] = collation
        if "AS" in words[:-1]:
            generated[name] = one_line(column[words.index("AS") + 1][1:-1])
    return TableText(collations, generated, has_autoincrement)


def _columns(sql: str) -> list[list[str]]:
    """Return the tokens of each column; what is in parentheses is one token."""
    parts: list[list[str]] = [[]]
    depth = opened = 0
    for match in _TOKEN.finditer(sql):
        token = match["token"]
        if token is None:
            continue
        depth -= token == ")"
        if depth == 1 and token == ",":
            parts.append([])
        elif depth == 1 and token == "(":
            opened = match.start()
        elif depth == 1:
            parts[-1].append(sql[opened : match.end()] if token == ")" else token)
        depth += token == "("
    return [part for part in parts if part and part[0].upper() not in _CONSTRAINTS]


def folded(text: str) -> str:
    """Return a text with one space between its tokens, and without the quotes of names.

    :param text: a text of SQLite, which keeps definitions as they were written.
    """
    tokens = (match["token"] for match in _TOKEN.finditer(text))
    return " ".join(
        token if token[0] == "'" else _unquoted(token) for token in tokens if token is not None
    )


def index_parts(sql: str) -> tuple[str, str | None]:
    """Return the entries of an index, and its condition.

    :param sql: a CREATE INDEX of SQLite, as `sqlite_master` has it.
    """
    depth = start = 0
    for match in _TOKEN.finditer(sql):
        if match["token"] == "(":
            depth += 1
            start = match.end() if depth == 1 else start
        elif match["token"] == ")":
            depth -= 1
            if depth == 0:
                where = re.search(r"\bWHERE\b(.*)", sql[match.end() :], re.DOTALL | re.IGNORECASE)
                return sql[start : match.start()].strip(), where and where[1].strip()
    raise ValueError(f"no CREATE INDEX: {sql}")


def without_parentheses(text: str) -> str:
    """Return an expression without the parentheses around it."""
    while text.startswith("(") and _closing(text) == len(text) - 1:
        text = text[1:-1].strip()
    return text


def _closing(text: str) -> int | None:
    """Return the place of the parenthesis that closes the first one."""
    depth = 0
    for match in _TOKEN.finditer(text):
        depth += {"(": 1, ")": -1}.get(match["token"] or "", 0)
        if depth == 0:
            return match.start()
    return None


def _unquoted(token: str) -> str:
    first = token[0]
    if first == "[":
        return token[1:-1]
    return token[1:-1].replace(first * 2, first) if first in "\"`'" else token
