"""How `alembic.X` becomes the module `limbeck.X`.

`limbeck_names.py`, beside the package, finds the modules of `alembic`; :mod:`limbeck.compat.naming` gives them their
names. Without a `.pth` file, Python finds the module `alembic.py`, which replaces itself with the package `alembic`.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

#: The Alembic release that limbeck is compatible with.
ALEMBIC_VERSION = "1.20.1"


class AlembicImportedError(RuntimeError):
    """Alembic itself was imported before `limbeck.activate()` was called."""


def is_limbeck(module: ModuleType) -> bool:
    """Return whether the module `alembic` is limbeck's."""
    spec = module.__spec__
    return spec is not None and getattr(spec.loader, "is_limbeck", False)


def activate() -> None:
    """Make `import alembic` find limbeck from now on, in this process, even where limbeck is disabled.

    :raises AlembicImportedError: Alembic itself is imported already; its modules cannot be replaced
    """
    from limbeck.compat import naming

    imported = sys.modules.get("alembic")
    if imported is not None and not is_limbeck(imported):
        raise AlembicImportedError(
            f"`alembic` is imported already, from {getattr(imported, '__file__', None)}, and is not limbeck's; "
            "call limbeck.activate() before anything imports it"
        )
    naming.activate()
