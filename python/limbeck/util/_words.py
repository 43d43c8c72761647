"""Words of messages."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, such as `1 step` or `2 steps`.

    :param number: the number.
    :param noun: the noun, whose plural ends with an s.
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"
