"""Output of text. Not in `util`, because the fastest commands do not import that package."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO


def write_outstream(stream: TextIO, *text: str | bytes, quiet: bool = False) -> None:
    """Write to a stream; `?` replaces characters that the stream's encoding lacks.

    :param stream: the stream
    :param text: the pieces to write, in order
    :param quiet: write nothing
    """
    if quiet:
        return
    encoding = getattr(stream, "encoding", None) or "ascii"
    for piece in text:
        raw = piece if isinstance(piece, bytes) else piece.encode(encoding, "replace")
        stream.write(raw.decode(encoding, "replace"))
