"""Text on its way out. Not in `util`, whose modules are shown as those of alembic: the shortest commands import nothing but this."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO


def write_outstream(stream: TextIO, *text: str | bytes, quiet: bool = False) -> None:
    """Write to a stream, with `?` for what its encoding cannot hold.

    :param stream: where to
    :param text: what, one piece after the other
    :param quiet: write nothing
    """
    if quiet:
        return
    encoding = getattr(stream, "encoding", None) or "ascii"
    for piece in text:
        raw = piece if isinstance(piece, bytes) else piece.encode(encoding, "replace")
        stream.write(raw.decode(encoding, "replace"))
