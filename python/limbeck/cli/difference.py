"""Shows how files are rewritten."""

from __future__ import annotations

import difflib
import io
import tokenize

from limbeck.lint.output.paths import relative


def difference(path: str, before: bytes, after: bytes) -> str:
    """Return the unified difference of a Python file, whose encoding may be declared in it.

    :param path: the file.
    :param before: its bytes.
    :param after: its new bytes.
    """
    name = relative(path)
    encoding = tokenize.detect_encoding(io.BytesIO(before or after).readline)[0]
    old, new = (
        io.StringIO(content.decode(encoding), newline="").readlines() for content in (before, after)
    )
    lines = difflib.unified_diff(old, new, f"a/{name}", f"b/{name}")
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)
