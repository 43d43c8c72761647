"""Snapshots of a database's catalog: one line per object, in a fixed order, with names that can be compared."""

from limbeck.snapshot.compare import Difference, compare
from limbeck.snapshot.take import take
from limbeck.snapshot.types import Snapshot

__all__ = ["Difference", "Snapshot", "compare", "take"]
