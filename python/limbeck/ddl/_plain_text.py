"""Statements given as text that reach the database, or the output, letter by letter.

SQLAlchemy takes text through `text()`, a compiler and a cache that each new text misses. Where all of
that would change nothing, and nobody could see it happen, a long run does without.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import Connection
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import TextClause

from limbeck import short_cuts
from limbeck.util._sqla_hooks import has_compile_rules, has_observers

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

#: What `text()` or a driver would read something into: parameters, in the notation of any driver, and escapes.
_MEANS_SOMETHING = re.compile(r"[:%\\?$\[]")


def is_final(written: str, dialect: Dialect) -> bool:
    """Return whether compiling `text()` of this for a dialect would give the same text.

    :param written: the statement.
    :param dialect: may have a compiler of its own, of which nothing is known.
    """
    compiler: Any = dialect.statement_compiler
    return (
        short_cuts.enabled
        and type(written) is str
        and _MEANS_SOMETHING.search(written) is None
        and compiler.visit_textclause is SQLCompiler.visit_textclause
        and compiler.post_process_text is SQLCompiler.post_process_text
        and not has_compile_rules(TextClause)
    )


def is_unwatched(connection: Any) -> bool:
    """Return whether nothing can tell a `text()` from plain text on this connection: no listener, no echo.

    :param connection: of SQLAlchemy, or what stands in for one and may note what it is given.
    """
    return type(connection) is Connection and not has_observers(connection)
