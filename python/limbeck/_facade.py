"""What the package `alembic` itself consists of; its `__init__` takes it from here, and so does `limbeck.activate()`."""

import importlib
from typing import Any

from limbeck import _alias

#: The Alembic release whose behaviour this package has. Other packages parse it.
__version__ = "1.20.1"

__all__ = ("context", "op")  # noqa: F822  (imported on first use)


def __getattr__(name: str) -> Any:
    """Import a submodule on first use: `import alembic` alone costs nothing."""
    if name in _alias.SHARED:
        return importlib.import_module(f"alembic.{name}")
    if name == "plugins":
        return importlib.import_module("alembic.runtime.plugins")
    raise AttributeError(f"module 'alembic' has no attribute {name!r}")
