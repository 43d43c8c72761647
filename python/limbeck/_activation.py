"""`limbeck.activate()`: limbeck answers for `import alembic` even where Alembic's own files lie in its place."""

import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

from limbeck import _alias, _facade


class AlembicImportedError(RuntimeError):
    """Alembic itself was imported before `limbeck.activate()` was called."""


class _Facade:
    """Loads the package `alembic` from limbeck's own folder, whatever is installed under that name."""

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        module.__doc__ = _facade.__doc__
        module.__file__ = _facade.__file__
        for name in ("__all__", "__getattr__", "__version__"):
            setattr(module, name, getattr(_facade, name))
        _alias.install()


class _RootFinder:
    """Answers `import alembic`, and nothing else."""

    @classmethod
    def find_spec(
        cls, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != "alembic":
            return None
        spec = ModuleSpec(fullname, _Facade(), is_package=True)  # type: ignore[arg-type] # a loader by duck type
        beside = os.path.join(os.path.dirname(os.path.dirname(__file__)), "alembic")
        spec.submodule_search_locations = [beside] if os.path.isdir(beside) else []
        return spec


def is_ours(module: ModuleType) -> bool:
    """Whether a module found as `alembic` is limbeck's."""
    return module.__dict__.get("__getattr__") is _facade.__getattr__


def activate() -> None:
    """Make `import alembic` find limbeck from here on, in this process.

    For environments in which another package has Alembic itself installed as well. Call it before anything imports
    `alembic`; calling it again does no harm, and where limbeck is found anyway it changes nothing.

    Raises `AlembicImportedError` where Alembic itself is imported already: its modules cannot be exchanged any more.
    """
    imported = sys.modules.get("alembic")
    if imported is not None:
        if not is_ours(imported):
            raise AlembicImportedError(
                f"`alembic` is imported already, from {getattr(imported, '__file__', None)}, and is not limbeck's; "
                "call limbeck.activate() before anything imports it"
            )
        return
    if _RootFinder not in sys.meta_path:
        sys.meta_path.insert(0, _RootFinder)
