"""`IN` in expressions of PostgreSQL."""

from __future__ import annotations

import re

_LITERAL = r"'(?:[^']|'')*'"
_ITEM = rf"{_LITERAL}::character varying"
_LITERALS = re.compile(rf"({_LITERAL})::character varying")
#: How PostgreSQL writes `x IN ('a', 'b')` if x is a varchar; without the parentheses around it in its pretty form.
_ANY_OF_ARRAY = re.compile(
    r"(?P<open>\()?(?P<column>[\w.]+|\"[^\"]+\")(?(open)\))::text = ANY "
    rf"\((?P<inner>\()?ARRAY\[(?P<items>{_ITEM}(?:, {_ITEM})*)\](?(inner)\))::text\[\]\)"
)


def with_lists(sql: str) -> str:
    """Return an expression or a statement of the server with `IN` as it was written first.

    PostgreSQL makes another expression of what it writes for it: a dump that was restored differs in the same way.
    """
    return _ANY_OF_ARRAY.sub(_list, sql)


def _list(found: re.Match[str]) -> str:
    return f"{found['column']} IN ({', '.join(_LITERALS.findall(found['items']))})"
