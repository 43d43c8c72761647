"""Makes `alembic.X` the module `limbeck.X`.

`limbeck_names.py`, beside the package, finds the modules of `alembic`; :mod:`limbeck.compat.naming` renames them. Where
Python reads no `.pth` file at start-up, the module `alembic.py` calls :func:`answer`.
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


def is_ours(module: ModuleType) -> bool:
    """Return whether a module that was imported as `alembic` is limbeck's."""
    spec = module.__spec__
    return spec is not None and getattr(spec.loader, "is_limbeck", False)


def activate() -> None:
    """Make `import alembic` find limbeck from now on, in this process, even if limbeck is disabled.

    :raises AlembicImportedError: if Alembic itself is imported already, because its modules cannot be replaced.
    """
    from limbeck.compat import naming

    imported = sys.modules.get("alembic")
    if imported is not None and not is_ours(imported):
        raise AlembicImportedError(
            f"`alembic` is imported already, from {getattr(imported, '__file__', None)}, and is not limbeck's; "
            "call limbeck.activate() before anything imports it"
        )
    naming.answer_from_here_on()


def answer(name: str) -> None:
    """Replace the module `alembic`, while it is imported, by the package: limbeck's, unless it is disabled.

    Called by `alembic.py` and by the package in the names folder. Python finds these only without limbeck's finder:
    because no `.pth` file is read, or because limbeck is disabled.

    :param name: the module's `__name__`
    :raises ModuleNotFoundError: if limbeck is disabled, and Alembic is not installed
    """
    if name == "__main__":  # `python -m alembic` does not look for __main__ in a module
        from limbeck.__main__ import alembic

        alembic(prog="alembic")
        return
    from limbeck.compat import naming

    naming.exchange()
