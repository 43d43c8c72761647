"""The output of offline mode."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from sqlalchemy.engine.mock import MockConnection

    from limbeck.runtime.migration import MigrationContext


#: The module name of the classes in tracebacks and pickles.
_SHOWN_IN = "alembic.runtime.migration"


class EncodedIO(io.TextIOWrapper):
    """A text stream over the caller's byte stream, which is not closed."""

    __module__ = _SHOWN_IN

    def close(self) -> None:
        """Do nothing: the stream belongs to the caller."""


def output_buffer(opts: dict[str, Any]) -> TextIO:
    """Return the output stream of offline mode, which encodes if `output_encoding` is set.

    :param opts: the options of the context.
    """
    if "output_encoding" not in opts:
        buffer: TextIO = opts.get("output_buffer") or sys.stdout
        return buffer
    target: Any = opts.get("output_buffer") or getattr(sys.stdout, "buffer", sys.stdout)
    return EncodedIO(target, opts["output_encoding"])


def writing_connection(context: MigrationContext) -> MockConnection:
    """Return a connection that writes each statement to the output of the context."""
    from sqlalchemy.engine.mock import MockConnection

    def write(construct: Any, *multiparams: Any, **params: Any) -> None:
        context.impl._exec(construct)

    return MockConnection(context.dialect, write)
