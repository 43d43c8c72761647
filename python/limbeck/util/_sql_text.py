"""SQL that is shown to people: without literals, which may be private."""

from __future__ import annotations

import re

_LITERAL = re.compile(r"[eE]?'(?:[^'\\]|''|\\.)*'|\$(\w*)\$.*?\$\1\$|\b\d+(?:\.\d+)?\b", re.DOTALL)


def without_literals(sql: str, *, longest: int) -> str:
    """Return SQL, or a message of a server, with `?` for each literal, on one line.

    :param sql: the text.
    :param longest: the maximum length; a longer text is shortened.
    """
    text = " ".join(_LITERAL.sub("?", sql).split())
    # An incomplete statement, as servers report it, may end inside a string.
    text = text.split("'")[0]
    return text if len(text) <= longest else f"{text[:longest]}..."
