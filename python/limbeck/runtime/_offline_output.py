"""Where offline mode writes."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from sqlalchemy.engine.mock import MockConnection

    from limbeck.runtime.migration import MigrationContext


#: Tracebacks and pickles name the classes as projects know them.
_SHOWN_IN = "alembic.runtime.migration"


class EncodedIO(io.TextIOWrapper):
    """Text, encoded into a stream of bytes that stays open: it belongs to the caller."""

    __module__ = _SHOWN_IN

    def close(self) -> None:
        """Leave the stream as it is."""


def output_buffer(opts: dict[str, Any]) -> TextIO:
    """The stream that offline mode writes to, encoding what it is given if that was asked for.

    :param opts: the options of the context.
    """
    if "output_encoding" not in opts:
        buffer: TextIO = opts.get("output_buffer") or sys.stdout
        return buffer
    target: Any = opts.get("output_buffer") or getattr(sys.stdout, "buffer", sys.stdout)
    return EncodedIO(target, opts["output_encoding"])


def writing_connection(context: MigrationContext) -> MockConnection:
    """A connection that writes each statement to the output of the context."""
    from sqlalchemy.engine.mock import MockConnection

    def write(construct: Any, *multiparams: Any, **params: Any) -> None:
        context.impl._exec(construct)

    return MockConnection(context.dialect, write)
