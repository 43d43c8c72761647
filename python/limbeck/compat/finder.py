"""`alembic.X` is the module `limbeck.X`: one object under two names.

Projects import `alembic.config`, `alembic.op` and so on, and their tests patch names there. Were `alembic.X` a module
that re-exports, a patch would change the copy and not the code that runs. So the import system is told to answer
`alembic.X` with the module `limbeck.X` itself.

The module calls itself `alembic.X`, as its classes and functions do, and its `__spec__` is one under that name: this is
what logs show, and what `runpy`, `pickle` and `importlib.reload` go by. It gets these names after its file was run. Until
then it is `limbeck.X` alone: a second thread that imports `alembic.X` meanwhile waits for it, for there is nothing under
that name yet. Imports wait in one direction, `alembic.X` for `limbeck.X`, and so never for each other.
"""

from __future__ import annotations

import importlib
import os
import sys
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader, SourcelessFileLoader
from types import FunctionType

from limbeck.compat import ALEMBIC_VERSION, SHARED, disabled_by

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from importlib.abc import FileLoader
    from importlib.metadata import Distribution, DistributionFinder
    from types import ModuleType

_HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
#: What lies under the name `alembic` for tools that look at files: type checkers, pkgutil.
_NAMES = os.path.join(_HOME, "_names")


class _Package(SourceFileLoader):
    """Loads the package `alembic` itself."""

    is_limbeck = True


class _Own:
    """Loads `limbeck.X`, and gives it the name `alembic.X` then."""

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)  # type: ignore[misc] # a mixin of file loaders
        name_as_alembic(module)


class _Same:
    """Loads `alembic.X` by handing out `limbeck.X`; loads it again as any module, for `importlib.reload`."""

    is_limbeck = True
    _handed_out = False

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        self._handed_out = True
        return importlib.import_module(_own_name(spec.name))

    def exec_module(self, module: ModuleType) -> None:
        if self._handed_out:
            self._handed_out = False
            name_as_alembic(module)
        else:
            # As the first time: its relative imports lead to all of limbeck.
            name_as_limbeck(module).exec_module(module)


class _OwnSource(_Own, SourceFileLoader):  # type: ignore[misc] # as in typeshed
    """From a `.py` file."""


class _OwnBytecode(_Own, SourcelessFileLoader):
    """From a `.pyc` file without its source."""


class _SameSource(_Same, SourceFileLoader):  # type: ignore[misc] # as in typeshed
    """From a `.py` file."""


class _SameBytecode(_Same, SourcelessFileLoader):
    """From a `.pyc` file without its source."""


_OWN: dict[type, type[FileLoader]] = {
    SourceFileLoader: _OwnSource,
    SourcelessFileLoader: _OwnBytecode,
}
_SAME: dict[type, type[FileLoader]] = {
    SourceFileLoader: _SameSource,
    SourcelessFileLoader: _SameBytecode,
    _OwnSource: _SameSource,
    _OwnBytecode: _SameBytecode,
}


class _SameFolder:
    """Loads `alembic.X` where `limbeck.X` is a folder without `__init__.py`, as the templates are."""

    is_limbeck = True

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(_own_name(spec.name))
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # Its own loader serves importlib.resources.
        module.__spec__ = self._spec


class Finder:
    """Answers for `alembic`, the modules below it, and those of limbeck that are the same."""

    @classmethod
    def find_spec(
        cls, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The import system's question for a module; see :class:`importlib.abc.MetaPathFinder`."""
        return find_spec(fullname, path, target)

    @classmethod
    def find_distributions(cls, context: DistributionFinder.Context) -> Iterable[Distribution]:
        """The question of :mod:`importlib.metadata` for what is installed."""
        return find_distributions(context)


#: Modules whose classes are shown as another's, which has them too: where Alembic defines them.
_SHOWN_IN = {
    "autogenerate.context": "autogenerate.api",
    "autogenerate.revision": "autogenerate.api",
    "operations._batch.rebuild": "operations.batch",
    "operations._batch.recorder": "operations.batch",
    "util.dispatch": "util.langhelpers",
    "util.proxy": "util.langhelpers",
}

#: Whether limbeck answers, whatever disables it.
_activated = False
#: What disables it, asked once.
_disabled: str | None = None
_asked = False


def _answers() -> bool:
    global _asked, _disabled
    if not _asked:
        _disabled = disabled_by()
        _asked = True
    return _activated or _disabled is None


def find_spec(
    fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
) -> ModuleSpec | None:
    """The spec of a module that is `alembic`, below it, or limbeck's and shown there; otherwise nothing.

    :param fullname: the module's name
    :param path: the `__path__` of its parent
    :param target: the module that is loaded again
    """
    package, _, rest = fullname.partition(".")
    if package not in ("alembic", "limbeck") or not _answers():
        return None
    if not rest:
        return _package_spec() if package == "alembic" else None
    if rest.partition(".")[0] not in SHARED:
        return None
    if "." not in rest:
        path = [_HOME]
    found = PathFinder.find_spec(fullname, path)
    if found is None:
        return None
    if package == "limbeck":
        kind = _OWN.get(type(found.loader))
        return _spec_like(found, fullname, kind) if kind is not None else found
    kind = _SAME.get(type(found.loader))
    if kind is not None:
        return _spec_like(found, fullname, kind)
    if found.origin is None and found.submodule_search_locations is not None:
        return ModuleSpec(fullname, _SameFolder(), is_package=True)  # type: ignore[arg-type] # by duck type
    return None


def _own_name(fullname: str) -> str:
    return "limbeck" + fullname[len("alembic") :]


def _spec_like(found: ModuleSpec, name: str, kind: type[FileLoader]) -> ModuleSpec:
    """The spec of a file under a name, with a loader of ours."""
    assert found.origin is not None
    spec = ModuleSpec(name, kind(name, found.origin), origin=found.origin)
    spec.has_location = True
    spec.cached = found.cached
    spec.submodule_search_locations = found.submodule_search_locations
    return spec


def _package_spec() -> ModuleSpec:
    file = os.path.join(_HOME, "_alembic.py")
    spec = ModuleSpec("alembic", _Package("alembic", file), origin=file)
    spec.has_location = True
    spec.submodule_search_locations = [os.path.join(_NAMES, "alembic")]
    return spec


def name_as_limbeck(module: ModuleType) -> FileLoader:
    """Give a module the names back that it has while its file runs.

    :param module: a module that bears alembic's name
    :return: the loader that runs it under them
    """
    shown = module.__spec__
    assert shown is not None and shown.loader is not None
    base = SourceFileLoader if isinstance(shown.loader, SourceFileLoader) else SourcelessFileLoader
    spec = _spec_like(shown, _own_name(shown.name), _OWN[base])
    loader: FileLoader = spec.loader  # type: ignore[assignment] # made just now
    module.__spec__ = spec
    module.__loader__ = loader
    module.__name__ = spec.name
    module.__package__ = spec.parent
    return loader


def name_as_alembic(module: ModuleType) -> None:
    """Give a module that `alembic` shows, and what it defines, the names that they have there.

    :param module: a module of limbeck that was executed, under either name
    """
    spec = module.__spec__
    assert spec is not None
    shown = "alembic" + spec.name[spec.name.index(".") :]
    own = _own_name(shown)
    rest = shown.partition(".")[2]
    home = f"alembic.{_SHOWN_IN[rest]}" if rest in _SHOWN_IN else shown
    for name, value in list(vars(module).items()):
        kind = type(value)
        is_class = issubclass(kind, type)
        if (is_class or kind is FunctionType) and value.__module__ == own:
            value.__module__ = home if is_class and not name.startswith("_") else shown
    if spec.name != shown:
        found = _SAME.get(type(spec.loader))
        if found is None:
            return
        spec = _spec_like(spec, shown, found)
        module.__spec__ = spec
        module.__loader__ = spec.loader
    module.__name__ = shown
    module.__package__ = spec.parent
    sys.modules[shown] = module
    parent, _, child = shown.rpartition(".")
    if parent == "alembic" and parent in sys.modules:
        setattr(sys.modules[parent], child, module)


def put_in_front() -> None:
    """Let limbeck answer from here on, and rename what it has imported already. Doing it again does no harm."""
    global _activated
    _activated = True
    if not any(getattr(finder, "find_spec", None) == Finder.find_spec for finder in sys.meta_path):
        sys.meta_path.insert(0, Finder)
    for name, module in list(sys.modules.items()):
        package, _, rest = name.partition(".")
        if package == "limbeck" and rest.partition(".")[0] in SHARED and _is_complete(module):
            name_as_alembic(module)


def _is_complete(module: ModuleType) -> bool:
    """Whether a module was executed to its end under limbeck's name alone."""
    spec = module.__spec__
    return (
        spec is not None
        and spec.name.startswith("limbeck.")
        and not getattr(spec, "_initializing", False)
    )


def exchange() -> None:
    """Put the package `alembic` where the module `alembic` is being imported.

    :raises ModuleNotFoundError: limbeck is disabled, and Alembic is not installed
    """
    from importlib.util import module_from_spec

    if _answers():
        put_in_front()
        spec: ModuleSpec | None = _package_spec()
    else:
        spec = find_other()
        if spec is None:
            raise ModuleNotFoundError(
                f"limbeck is disabled ({_disabled}), and Alembic itself is not installed",
                name="alembic",
            )
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    sys.modules["alembic"] = module
    spec.loader.exec_module(module)


def find_other(path: Sequence[str] | None = None) -> ModuleSpec | None:
    """The spec of a package `alembic` that is not limbeck's, or nothing.

    :param path: the folders to look into, `sys.path` unless given
    """
    ours = {os.path.realpath(_NAMES), os.path.realpath(os.path.dirname(_HOME))}
    for folder in sys.path if path is None else path:
        spec = PathFinder.find_spec("alembic", [folder])
        if spec is None or spec.origin is None:
            continue
        if os.path.realpath(folder) in ours and spec.submodule_search_locations is None:
            continue  # alembic.py
        if os.path.realpath(folder) == os.path.realpath(_NAMES):
            continue
        return spec
    return None


def find_distributions(context: DistributionFinder.Context) -> Iterable[Distribution]:
    """What `importlib.metadata.version("alembic")` finds where Alembic is not installed: the release that limbeck stands for.

    Only a question for that one name is answered. Who asks for all that is installed, as pip does, is not told of Alembic:
    nothing is to be installed, upgraded or uninstalled on the strength of this.

    :param context: the question
    """
    from importlib.metadata import MetadataPathFinder

    if context.name is None or context.name.lower() != "alembic" or "path" in vars(context):
        return []
    if not _answers() or any(True for _ in MetadataPathFinder.find_distributions(context)):
        return []
    from limbeck.compat.distribution import Answered

    return [Answered(ALEMBIC_VERSION)]
