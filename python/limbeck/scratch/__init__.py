"""Scratch databases: empty ones to which env.py is led in the place of its own, and which are dropped afterwards."""

from limbeck.scratch.redirect import Scratch, scratch_databases

__all__ = ["Scratch", "scratch_databases"]
