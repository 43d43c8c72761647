"""CHECK constraints whose condition is SQL text, while columns are dropped and renamed."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping

from sqlalchemy.schema import CheckConstraint
from sqlalchemy.sql.compiler import IdentifierPreparer
from sqlalchemy.sql.elements import TextClause

#: A string, an identifier in one of the quotation marks that SQLite takes, or a bare word.
_TOKEN = re.compile(
    r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | \[[^\]]*\] | `(?:[^`]|``)*` | [^\W\d][\w$]*""",
    re.VERBOSE,
)


def follow_names(
    constraint: CheckConstraint, names: Mapping[str, str | None], preparer: IdentifierPreparer
) -> bool:
    """Make the text of a condition name the columns as they are called after a batch.

    :param constraint: its condition is replaced.
    :param names: the new name of each column by its old name, None if it is dropped.
    :param preparer: quotes the new names, and knows the reserved words.
    :return: whether the condition can stay: it names no column that is dropped.
    """
    condition = constraint.sqltext
    if not isinstance(condition, TextClause):
        return True
    by_lower_case = {name.lower(): new_name for name, new_name in names.items()}
    written: list[str] = []
    end = 0
    for token in _TOKEN.finditer(condition.text):
        name = _name_of(token, preparer)
        if name is None or name.lower() not in by_lower_case:
            continue
        new_name = by_lower_case[name.lower()]
        if new_name is None:
            return False
        if new_name.lower() != name.lower():
            written += (condition.text[end : token.start()], preparer.quote(new_name))
            end = token.end()
    if written:
        followed = copy.copy(condition)
        followed.text = "".join((*written, condition.text[end:]))
        constraint.sqltext = followed
    return True


def _name_of(token: re.Match[str], preparer: IdentifierPreparer) -> str | None:
    """Return the name that a token may be, None if it is a string, a function or a keyword."""
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
