"""Parameters of statements as JSON values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from math import isfinite
from typing import Any
from uuid import UUID

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def as_json_value(value: Any) -> Any:
    """Return a value as JSON has it. Other types become texts, equal values the same text.

    :param value: a parameter of a statement, or all of them.
    """
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {str(key): as_json_value(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_json_value(item) for item in value]
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"0x{bytes(value).hex()}"
    if isinstance(value, (date, time)):  # a datetime is a date
        return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, (Decimal, UUID)):
        return str(value)
    # A driver's wrapper, such as psycopg's Jsonb.
    wrapped = getattr(value, "obj", None)
    return as_json_value(wrapped) if wrapped is not None else _ADDRESS.sub("", str(value))
