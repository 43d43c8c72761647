"""Scratch databases: empty databases to which env.py connects instead of its own, and which are dropped afterwards."""

from limbeck.scratch.redirect import Key, Scratch, ScratchDatabase, scratch_databases

__all__ = ["Key", "Scratch", "ScratchDatabase", "scratch_databases"]
