"""The body of a revision that replaces others."""

from __future__ import annotations

from typing import NamedTuple


class Body(NamedTuple):
    """The source of a revision's functions.

    :ivar upgrade: the statements of `upgrade()`, dedented. No string literal of them spans lines, so that they can be indented.
    :ivar downgrade: those of `downgrade()`.
    :ivar imports: the import lines that they need, also those of `op` and `sa`.
    """

    upgrade: str
    downgrade: str
    imports: tuple[str, ...]
