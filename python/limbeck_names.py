"""Where `alembic.X` is found: it is the module `limbeck.X`. `limbeck_names.pth` imports this at every start of Python.

Python calls a finder while it holds the one lock of all imports. So nothing here imports a module that another thread
may be importing, for each would wait for the other: the imports below are of what every Python has loaded by then. What
is to happen after a module was run is in :mod:`limbeck.compat.naming`, which the loaders import; they hold no such lock.
"""

import os
import sys
from _frozen_importlib import ModuleSpec
from _frozen_importlib_external import PathFinder, SourceFileLoader, SourcelessFileLoader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from importlib.abc import FileLoader
    from importlib.metadata import Distribution, DistributionFinder
    from types import ModuleType

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

#: Set to 1: Alembic itself answers for `alembic`. Set to 0: limbeck does, whatever the file says.
DISABLE_VARIABLE = "LIMBECK_DISABLE"
#: This file does the same for one environment; `limbeck doctor --disable` writes it.
DISABLE_FILE = os.path.join(sys.prefix, "limbeck-disabled")


def disabled_by() -> str | None:
    """What says that limbeck is not to answer for `alembic`: the variable, the file, or nothing."""
    variable = os.environ.get(DISABLE_VARIABLE, "")
    if variable:
        return None if variable == "0" else f"{DISABLE_VARIABLE}={variable}"
    return DISABLE_FILE if os.path.exists(DISABLE_FILE) else None


class Answering:
    """Whether limbeck answers for `alembic` in this process."""

    #: Python read `limbeck_names.pth` when it started.
    from_the_start = False
    #: Whatever disables it: `limbeck.activate()` was called.
    activated = False
    _asked = False
    #: What disables it; asked once, so that modules of both never mix.
    _disabled: str | None = None

    @classmethod
    def disabled(cls) -> str | None:
        """What keeps limbeck from answering, or nothing."""
        if cls.activated:
            return None
        if not cls._asked:
            cls._disabled = disabled_by()
            cls._asked = True
        return cls._disabled


class LimbeckFirst:
    """Answers for `alembic`, the modules below it, and those of limbeck that are the same; the rest is for the finders behind."""

    @staticmethod
    def find_spec(
        fullname: str, path: "Sequence[str] | None" = None, target: "ModuleType | None" = None
    ) -> ModuleSpec | None:
        """The import system's question for a module; see :class:`importlib.abc.MetaPathFinder`."""
        package, _, rest = fullname.partition(".")
        if package not in ("alembic", "limbeck"):
            return None
        if rest:
            if rest.partition(".")[0] not in SHARED or Answering.disabled() is not None:
                return None
            return _module_spec(fullname, path)
        return package_spec() if package == "alembic" and Answering.disabled() is None else None

    @staticmethod
    def find_distributions(context: "DistributionFinder.Context") -> "Iterable[Distribution]":
        """The question of :mod:`importlib.metadata` for what is installed."""
        if context.name is None or context.name.lower() != "alembic" or "path" in vars(context):
            return ()
        if Answering.disabled() is not None:
            return ()
        try:
            from limbeck.compat.distribution import where_alembic_is_not_installed
        except ImportError:
            return ()
        return where_alembic_is_not_installed(context)


def package_spec() -> ModuleSpec | None:
    """The spec of the package `alembic`, or nothing where limbeck was taken away."""
    home = _home()
    if home is None:
        return None
    file = os.path.join(home, "alembic.py")
    spec = ModuleSpec("alembic", _Package("alembic", file), origin=file)
    spec.has_location = True
    spec.submodule_search_locations = [os.path.join(home, "_names", "alembic")]
    return spec


def _home() -> str | None:
    """The folder of the package `limbeck`, found without importing it."""
    module = sys.modules.get("limbeck")
    spec = PathFinder.find_spec("limbeck") if module is None else module.__spec__
    if spec is None or spec.origin is None:
        return None
    return os.path.dirname(os.path.abspath(spec.origin))


def _module_spec(fullname: str, path: "Sequence[str] | None") -> ModuleSpec | None:
    """The spec of a module that both packages have, under the name of either."""
    package, _, rest = fullname.partition(".")
    if "." not in rest:
        home = _home()
        path = None if home is None else [home]
    found = None if path is None else PathFinder.find_spec(fullname, path)
    if found is None:
        return None
    if package == "limbeck":
        own = OWN.get(type(found.loader))
        return spec_like(found, fullname, own) if own is not None else found
    same = SAME.get(type(found.loader))
    if same is not None:
        return spec_like(found, fullname, same)
    if found.origin is None and found.submodule_search_locations is not None:
        return ModuleSpec(fullname, _SameFolder(), is_package=True)  # type: ignore[arg-type] # by duck type
    return None


def spec_like(found: ModuleSpec, name: str, kind: "type[FileLoader]") -> ModuleSpec:
    """The spec of a file under a name, with a loader of ours.

    :param found: the spec of the file
    :param name: the name
    :param kind: the loader's class
    """
    assert found.origin is not None
    spec = ModuleSpec(name, kind(name, found.origin), origin=found.origin)
    spec.has_location = True
    spec.cached = found.cached
    spec.submodule_search_locations = found.submodule_search_locations
    return spec


def own_name(fullname: str) -> str:
    """`limbeck.X` for `alembic.X`."""
    return "limbeck" + fullname[len("alembic") :]


def _limbeck_module(fullname: str) -> "ModuleType":
    """The module `limbeck.X` for `alembic.X`, imported."""
    name = own_name(fullname)
    __import__(name)
    return sys.modules[name]


class _Package(SourceFileLoader):
    """Loads the package `alembic` itself."""

    is_limbeck = True


class _Own:
    """Loads `limbeck.X`, and gives it the name `alembic.X` then."""

    def exec_module(self, module: "ModuleType") -> None:
        super().exec_module(module)  # type: ignore[misc] # a mixin of file loaders
        from limbeck.compat.naming import name_as_alembic

        name_as_alembic(module)


class _Same:
    """Loads `alembic.X` by handing out `limbeck.X`; loads it again as any module, for `importlib.reload`."""

    is_limbeck = True
    _handed_out = False

    def create_module(self, spec: ModuleSpec) -> "ModuleType":
        self._handed_out = True
        return _limbeck_module(spec.name)

    def exec_module(self, module: "ModuleType") -> None:
        from limbeck.compat.naming import name_as_alembic

        if self._handed_out:
            self._handed_out = False
        else:
            super().exec_module(module)  # type: ignore[misc] # a mixin of file loaders
        name_as_alembic(module)


class _OwnSource(_Own, SourceFileLoader):  # type: ignore[misc] # as in typeshed
    """From a `.py` file."""


class _OwnBytecode(_Own, SourcelessFileLoader):
    """From a `.pyc` file without its source."""


class _SameSource(_Same, SourceFileLoader):  # type: ignore[misc] # as in typeshed
    """From a `.py` file."""


class _SameBytecode(_Same, SourcelessFileLoader):
    """From a `.pyc` file without its source."""


class _SameFolder:
    """Loads `alembic.X` where `limbeck.X` is a folder without `__init__.py`, as the templates are."""

    is_limbeck = True

    def create_module(self, spec: ModuleSpec) -> "ModuleType":
        module = _limbeck_module(spec.name)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: "ModuleType") -> None:
        # Its own loader serves importlib.resources.
        module.__spec__ = self._spec


#: The loaders of `limbeck.X`, by the loader that Python would use.
OWN: "dict[type, type[FileLoader]]" = {
    SourceFileLoader: _OwnSource,
    SourcelessFileLoader: _OwnBytecode,
}
#: The loaders of `alembic.X`, by the loader that Python would use, or that has loaded `limbeck.X`.
SAME: "dict[type, type[FileLoader]]" = {
    SourceFileLoader: _SameSource,
    SourcelessFileLoader: _SameBytecode,
    _OwnSource: _SameSource,
    _OwnBytecode: _SameBytecode,
}


def put_in_front(*, at_start: bool = False) -> None:
    """Let this finder be asked first. Doing it again does no harm.

    :param at_start: this is the `.pth` file's call, when Python starts
    """
    if at_start:
        Answering.from_the_start = True
    if LimbeckFirst not in sys.meta_path:
        sys.meta_path.insert(0, LimbeckFirst)
