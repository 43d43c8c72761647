"""Column names in the text of CHECK constraints, when columns are dropped and renamed."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping

from sqlalchemy.schema import CheckConstraint
from sqlalchemy.sql.compiler import IdentifierPreparer
from sqlalchemy.sql.elements import TextClause

#: A string, an identifier in one of SQLite's quotation marks, or an unquoted word.
_TOKEN = re.compile(
    r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | \[[^\]]*\] | `(?:[^`]|``)*` | [^\W\d][\w$]*""",
    re.VERBOSE,
)


def rename_columns_in_condition(
    constraint: CheckConstraint, names: Mapping[str, str | None], preparer: IdentifierPreparer
) -> bool:
    """Replace old column names in the text of a condition by new ones.

    A condition that is an expression instead of text is left unchanged.

    :param constraint: the constraint, whose condition is replaced.
    :param names: the new name of each column by its old name; None if the column is dropped.
    :param preparer: quotes the new names, and has the reserved words.
    :return: False if the text names a dropped column.
    """
    condition = constraint.sqltext
    if not isinstance(condition, TextClause):
        return True
    new_names = {name.lower(): new_name for name, new_name in names.items()}
    parts: list[str] = []
    end = 0
    for token in _TOKEN.finditer(condition.text):
        name = _identifier(token, preparer)
        if name is None or name.lower() not in new_names:
            continue
        new_name = new_names[name.lower()]
        if new_name is None:
            return False
        if new_name.lower() != name.lower():
            parts += (condition.text[end : token.start()], preparer.quote(new_name))
            end = token.end()
    if parts:
        renamed = copy.copy(condition)
        renamed.text = "".join((*parts, condition.text[end:]))
        constraint.sqltext = renamed
    return True


def names_only_dropped(
    constraint: CheckConstraint, names: Mapping[str, str | None], preparer: IdentifierPreparer
) -> bool:
    """Return whether a condition names columns, all of which are dropped.

    :param constraint: the constraint; a condition that is an expression instead of text counts as one that does not.
    :param names: the new name of each column by its old name; None if the column is dropped.
    :param preparer: has the reserved words.
    """
    condition = constraint.sqltext
    if not isinstance(condition, TextClause):
        return False
    is_dropped = {name.lower(): new_name is None for name, new_name in names.items()}
    tokens = (_identifier(token, preparer) for token in _TOKEN.finditer(condition.text))
    found = [is_dropped[name.lower()] for name in tokens if name and name.lower() in is_dropped]
    return bool(found) and all(found)


def _identifier(token: re.Match[str], preparer: IdentifierPreparer) -> str | None:
    """Return the identifier in a token; None for a string, a function or a reserved word."""
    text = token[0]
    if text[0] == "'":
        return None
    if text[0] in '"`':
        return text[1:-1].replace(text[0] * 2, text[0])
    if text[0] == "[":
        return text[1:-1]
    if text.lower() in preparer.reserved_words or token.string[token.end() :].lstrip()[:1] == "(":
        return None
    return text
