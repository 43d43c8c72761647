"""Splits a file of SQL into statements, and reads what each declares."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from limbeck.util.exc import CommandError

_STRING = r"'(?:[^']|'')*'"
_STRING_OF_MYSQL = r"'(?:[^'\\]|\\.|'')*'"
_STRING_OF_POSTGRESQL = r"\b[eE]'(?:[^'\\]|\\.|'')*'|\$(?P<tag>[^\W\d]\w*|)\$.*?\$(?P=tag)\$"
_QUOTED = r"\"(?:[^\"]|\"\")*\"|`(?:[^`]|``)*`"
_COMMENT = r"--[^\n]*|/\*.*?\*/"
_REST = r"(?P<word>\w+)|(?P<end>;)|[^\s\w]"
_TOKENS = {
    True: re.compile(
        rf"(?P<comment>{_COMMENT}|\#[^\n]*)|{_STRING_OF_MYSQL}|{_QUOTED}|{_REST}", re.DOTALL
    ),
    False: re.compile(
        rf"(?P<comment>{_COMMENT})|{_STRING_OF_POSTGRESQL}|{_STRING}|{_QUOTED}|{_REST}", re.DOTALL
    ),
}
#: What may follow an END that closes no BEGIN.
_ENDS_OF_LOOPS = frozenset({"IF", "LOOP", "WHILE", "REPEAT", "FOR"})
_WITH_BODY = frozenset({"TRIGGER", "FUNCTION", "PROCEDURE"})
_OF_POSTGRESQL = frozenset(
    {
        *("VIEW", "FUNCTION", "PROCEDURE", "TRIGGER", "POLICY", "EXTENSION", "SEQUENCE"),
        *("DOMAIN", "INDEX"),
    }
)
_OF_OTHERS = frozenset({"VIEW", "TRIGGER"})
_KINDS = _OF_POSTGRESQL | {"TABLE", "TYPE", "SCHEMA", "ROLE", "DATABASE", "AGGREGATE", "EVENT"}
_ROW_SECURITY = re.compile(r"ALTER TABLE .* ROW LEVEL SECURITY", re.IGNORECASE | re.DOTALL)
_OWNED = re.compile(r"\bOWNED\s+BY\s+(?!NONE)", re.IGNORECASE)


@dataclass(frozen=True)
class Declaration:
    """A statement that makes objects.

    :ivar sql: the statement.
    :ivar place: its file and line.
    :ivar name: the name of the object without its schema, in upper case.
    """

    sql: str
    place: str
    name: str


def split(text: str, path: str, dialect: str) -> Iterator[Declaration]:
    """Yield the statements of a file.

    :param text: its content.
    :param path: its path, for messages.
    :param dialect: SQLAlchemy's name of the dialect.
    :raises CommandError: a statement declares nothing that can be compared.
    """
    start: int | None = None
    words: list[str] = []
    depth = 0
    before = ""
    for match in _TOKENS[dialect in ("mysql", "mariadb")].finditer(text):
        if match["comment"] is not None:
            continue
        if match["end"] is not None and depth <= 0:
            if start is not None:
                yield _declaration(text[start : match.start()], words, path, text, start, dialect)
            start, words, depth, before = None, [], 0, ""
            continue
        start = match.start() if start is None else start
        word = (match["word"] or "").upper()
        if _has_body(words):
            depth += _change_of_depth(word, before)
        words.append(word or match[0])
        before = word
    if start is not None:
        yield _declaration(text[start:].rstrip(), words, path, text, start, dialect)


def without_layout(text: str) -> str:
    """Return a statement without comments, and with one space between any two tokens."""
    tokens = (m[0] for m in _TOKENS[False].finditer(text) if m["comment"] is None)
    return " ".join(tokens)


def _change_of_depth(word: str, before: str) -> int:
    if before == "END" and word in _ENDS_OF_LOOPS:
        return 1  # that END was none
    if word == "END":
        return -1
    if word in ("BEGIN", "CASE") and before != "END":
        return 1
    return 0


def _has_body(words: list[str]) -> bool:
    return bool(words) and words[0] == "CREATE" and _kind(words) in _WITH_BODY


def _kind(words: list[str]) -> str:
    return next((word for word in words[1:20] if word in _KINDS), "")


def _declaration(
    sql: str, words: list[str], path: str, text: str, start: int, dialect: str
) -> Declaration:
    place = f"{path}:{text.count(chr(10), 0, start) + 1}"
    is_postgresql = dialect == "postgresql"
    known = _OF_POSTGRESQL if is_postgresql else _OF_OTHERS
    is_known = (words[0] == "CREATE" and _kind(words) in known) or (
        is_postgresql
        and (words[:2] == ["COMMENT", "ON"] or _ROW_SECURITY.match(" ".join(words)) is not None)
    )
    if not is_known:
        listed = ", ".join(f"CREATE {word}" for word in sorted(known))
        raise CommandError(
            f"{place} declares nothing that is compared: '{' '.join(words[:3])} …'\n\n"
            f"hint: on {dialect}, a declaration is one of {listed}"
            + (", COMMENT ON, ALTER TABLE … ROW LEVEL SECURITY" if is_postgresql else "")
        )
    if _kind(words) == "SEQUENCE" and _OWNED.search(sql):
        raise CommandError(
            f"{place} declares a sequence that a column owns\n\n"
            "hint: leave OWNED BY out, or make the column an identity in the models"
        )
    return Declaration(sql, place, _name(words))


def _name(words: list[str]) -> str:
    """Return the last part of the name after the kind."""
    rest = words[words.index(_kind(words)) + 1 :] if _kind(words) else []
    while rest and rest[0] in ("IF", "NOT", "EXISTS", "CONCURRENTLY"):
        rest.pop(0)
    while len(rest) > 2 and rest[1] == ".":
        rest = rest[2:]
    return rest[0].strip('"`').upper() if rest else ""
