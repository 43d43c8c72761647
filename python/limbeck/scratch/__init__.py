"""Scratch databases: empty databases to which env.py connects instead of its own, and which are dropped afterwards."""

from limbeck.scratch.redirect import Scratch, scratch_databases

__all__ = ["Scratch", "scratch_databases"]
