"""Scratch databases: empty databases to which env.py connects instead of its own, and which are dropped afterwards."""

from limbeck.scratch.beside import scratch_beside
from limbeck.scratch.redirect import (
    Key,
    Scratch,
    ScratchDatabase,
    has_given_database,
    scratch_databases,
)

__all__ = [
    "Key",
    "Scratch",
    "ScratchDatabase",
    "has_given_database",
    "scratch_beside",
    "scratch_databases",
]
