"""Revision files, the script directory, and the revision graph."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from limbeck.script import base as base
    from limbeck.script import revision as revision
    from limbeck.script import write_hooks as write_hooks
    from limbeck.script.base import Script, ScriptDirectory

__all__ = ["Script", "ScriptDirectory"]


def __getattr__(name: str) -> Any:
    """Import a name on first use."""
    if name in __all__:
        value = globals()[name] = getattr(importlib.import_module("limbeck.script.base"), name)
        return value
    if name in ("base", "revision", "write_hooks"):
        return importlib.import_module(f"limbeck.script.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
