"""The package `alembic`: `alembic.X` is the module `limbeck.X`.

`limbeck_names.py` runs this file as the package. It is in this folder because programs look for the templates beside
`alembic.__file__`.
"""

from __future__ import annotations

import importlib

from limbeck_names import SHARED

from limbeck.compat import ALEMBIC_VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The compatible Alembic release. Other packages parse it.
__version__ = ALEMBIC_VERSION

__all__ = ("context", "op")  # noqa: F822  (imported on first use)


def __getattr__(name: str) -> Any:
    """Import a submodule on first use, so that `import alembic` alone is fast."""
    if name in SHARED:
        module = globals()[name] = importlib.import_module(f"alembic.{name}")
        return module
    if name == "plugins":  # as in Alembic, whose __init__ imports this name
        return importlib.import_module("alembic.runtime.plugins")
    raise AttributeError(f"module 'alembic' has no attribute {name!r}")
