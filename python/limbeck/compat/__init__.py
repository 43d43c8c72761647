"""How `alembic.X` is the module `limbeck.X`, and when it is.

`limbeck_names.py`, beside the package, finds the modules of `alembic`; :mod:`limbeck.compat.naming` gives them their
names. Where no `.pth` file is read when Python starts, the module `alembic.py` calls :func:`answer`.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

#: The Alembic release whose behaviour limbeck has.
ALEMBIC_VERSION = "1.20.1"


class AlembicImportedError(RuntimeError):
    """Alembic itself was imported before `limbeck.activate()` was called."""


def is_ours(module: ModuleType) -> bool:
    """Whether a module found as `alembic` is limbeck's."""
    spec = module.__spec__
    return spec is not None and getattr(spec.loader, "is_limbeck", False)


def activate() -> None:
    """Make `import alembic` find limbeck from here on, in this process, even where limbeck is disabled.

    :raises AlembicImportedError: where Alembic itself is imported already: its modules cannot be exchanged any more.
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
    """Exchange the module `alembic` that is being imported for the package, limbeck's unless it is disabled.

    What `alembic.py` and the package in limbeck's folder of names consist of. They are found first only where the
    finder is not in front: because no `.pth` file is read, or because limbeck is disabled.

    :param name: the module's `__name__`
    :raises ModuleNotFoundError: limbeck is disabled, and Alembic is not installed
    """
    if name == "__main__":  # `python -m alembic` does not look for __main__ below a module
        from limbeck.__main__ import alembic

        alembic(prog="alembic")
        return
    from limbeck.compat import naming

    naming.exchange()
