"""`alembic.X` is the module `limbeck.X`: one object under two names.

Projects import `alembic.config`, `alembic.op` and so on, and their tests patch names there. Were `alembic.X` a module
that re-exports, a patch would change the copy and not the code that runs. So the import system is told to answer
`alembic.X` with the module `limbeck.X` itself.
"""

import importlib
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

#: The rooms that `alembic` shows. What limbeck adds beside them is not reachable under that name.
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


class _SameModule:
    """Loads `alembic.X` by handing out `limbeck.X`."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._own_spec: ModuleSpec | None = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(self._target)
        self._own_spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # The import system has just written the alias's spec over the module's own.
        module.__spec__ = self._own_spec


class AliasFinder:
    """Answers imports below `alembic` with the modules below `limbeck`."""

    @classmethod
    def find_spec(
        cls, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package, _, rest = fullname.partition(".")
        if package != "alembic" or rest.partition(".")[0] not in SHARED:
            return None
        own = "limbeck." + rest
        # Below the top, the parent is limbeck's module already, and so is its path.
        folders = path if "." in rest else sys.modules["limbeck"].__path__
        if PathFinder.find_spec(own, folders) is None:
            return None
        return ModuleSpec(fullname, _SameModule(own))  # type: ignore[arg-type]


def install() -> None:
    """Put the finder in front of the others, once."""
    if AliasFinder not in sys.meta_path:
        sys.meta_path.insert(0, AliasFinder)
