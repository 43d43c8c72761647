"""How `alembic.X` is the module `limbeck.X`, and when it is.

`limbeck_names.pth` puts a small finder in front when Python starts; it asks :mod:`limbeck.compat.finder` for every module
of `alembic` and of `limbeck`. Where no `.pth` file is read, the module `alembic.py` calls :func:`activate`.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

#: The Alembic release whose behaviour limbeck has.
ALEMBIC_VERSION = "1.20.1"

#: The modules that `alembic` shows. What limbeck adds beside them is not reachable under that name.
SHARED = frozenset(
    {
        "autogenerate",
        "command",
        "config",
        "context",
        "ddl",
        "environment",
        "ext",
        "migration",
        "op",
        "operations",
        "runtime",
        "script",
        "templates",
        "util",
    }
)

#: Set to anything but "" and "0": Alembic itself answers for `alembic`.
DISABLE_VARIABLE = "LIMBECK_DISABLE"
#: This file does the same for one environment; `limbeck doctor --disable` writes it.
DISABLE_FILE = os.path.join(sys.prefix, "limbeck-disabled")


class AlembicImportedError(RuntimeError):
    """Alembic itself was imported before `limbeck.activate()` was called."""


def disabled_by() -> str | None:
    """What says that limbeck is not to answer for `alembic`: the variable, the file, or nothing."""
    if os.environ.get(DISABLE_VARIABLE, "") not in ("", "0"):
        return f"{DISABLE_VARIABLE}={os.environ[DISABLE_VARIABLE]}"
    return DISABLE_FILE if os.path.exists(DISABLE_FILE) else None


def is_ours(module: ModuleType) -> bool:
    """Whether a module found as `alembic` is limbeck's."""
    spec = module.__spec__
    return spec is not None and getattr(spec.loader, "is_limbeck", False)


def activate() -> None:
    """Make `import alembic` find limbeck from here on, in this process, even where limbeck is disabled.

    Raises `AlembicImportedError` where Alembic itself is imported already: its modules cannot be exchanged any more.
    """
    from limbeck.compat import finder

    imported = sys.modules.get("alembic")
    if imported is not None and not is_ours(imported):
        raise AlembicImportedError(
            f"`alembic` is imported already, from {getattr(imported, '__file__', None)}, and is not limbeck's; "
            "call limbeck.activate() before anything imports it"
        )
    finder.put_in_front()


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
    from limbeck.compat import finder

    finder.exchange()
