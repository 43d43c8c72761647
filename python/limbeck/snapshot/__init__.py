"""Snapshots of a database's catalog: one line per object, in a fixed order, with names that can be compared."""

from limbeck.snapshot.compare import Difference, compare, is_order_of_restored, split_table
from limbeck.snapshot.read_text import read_text
from limbeck.snapshot.take import take
from limbeck.snapshot.types import Snapshot

__all__ = [
    "Difference",
    "Snapshot",
    "compare",
    "is_order_of_restored",
    "read_text",
    "split_table",
    "take",
]
