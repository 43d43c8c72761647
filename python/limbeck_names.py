"""The import finder for `alembic.X`, which is the module `limbeck.X`. `limbeck_names.pth` imports this at every start of Python.

Python calls a finder while it holds the global import lock. A finder that imports a module which another thread is
importing would therefore deadlock: the imports below are of modules that Python has always loaded by then. The work after
the execution of a module is in :mod:`limbeck.compat.naming`; the loaders, which do not hold the lock, import it.
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

#: The modules of `alembic`. Other modules of limbeck cannot be imported under that name.
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

#: 1: `alembic` is Alembic itself. 0: it is limbeck, even if the file below exists.
DISABLE_VARIABLE = "LIMBECK_DISABLE"
#: If this file exists, `alembic` is Alembic itself in this Python environment; `limbeck doctor --disable` writes it.
DISABLE_FILE = os.path.join(sys.prefix, "limbeck-disabled")


def disabled_by() -> str | None:
    """Return the variable or the file that disables limbeck, or `None`."""
    variable = os.environ.get(DISABLE_VARIABLE, "")
    if variable:
        return None if variable == "0" else f"{DISABLE_VARIABLE}={variable}"
    return DISABLE_FILE if os.path.exists(DISABLE_FILE) else None


class Answering:
    """Whether `alembic` is limbeck in this process."""

    #: Whether Python has read `limbeck_names.pth`.
    from_the_start = False
    #: Whether `limbeck.activate()` was called, which overrides the variable and the file.
    activated = False
    _checked = False
    #: Checked once, so that modules of Alembic and of limbeck are never mixed.
    _disabled: str | None = None

    @classmethod
    def disabled(cls) -> str | None:
        """Return the variable or the file that disables limbeck in this process, or `None`."""
        if cls.activated:
            return None
        if not cls._checked:
            cls._disabled = disabled_by()
            cls._checked = True
        return cls._disabled


class LimbeckFirst:
    """Finds `alembic`, its modules, and the same modules of limbeck. All other modules are left to the next finders."""

    @staticmethod
    def find_spec(
        fullname: str, path: "Sequence[str] | None" = None, target: "ModuleType | None" = None
    ) -> ModuleSpec | None:
        """Return the spec of a module; see :class:`importlib.abc.MetaPathFinder`."""
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
        """Return the distribution `alembic`; see :class:`importlib.metadata.DistributionFinder`."""
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
    """Return the spec of the package `alembic`, or `None` if limbeck was uninstalled."""
    home = _home()
    if home is None:
        return None
    file = os.path.join(home, "alembic.py")
    spec = ModuleSpec("alembic", _Package("alembic", file), origin=file)
    spec.has_location = True
    spec.submodule_search_locations = [os.path.join(home, "_names", "alembic")]
    return spec


def _home() -> str | None:
    """Return the folder of the package `limbeck` without importing the package."""
    module = sys.modules.get("limbeck")
    spec = PathFinder.find_spec("limbeck") if module is None else module.__spec__
    if spec is None or spec.origin is None:
        return None
    return os.path.dirname(os.path.abspath(spec.origin))


def _module_spec(fullname: str, path: "Sequence[str] | None") -> ModuleSpec | None:
    """Return the spec of a module that both packages have, under either name."""
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
    """Return a copy of a spec with another name and another loader.

    :param found: the spec
    :param name: the new name
    :param kind: the class of the new loader
    """
    assert found.origin is not None
    spec = ModuleSpec(name, kind(name, found.origin), origin=found.origin)
    spec.has_location = True
    spec.cached = found.cached
    spec.submodule_search_locations = found.submodule_search_locations
    return spec


def own_name(fullname: str) -> str:
    """Return `limbeck.X` for `alembic.X`."""
    return "limbeck" + fullname[len("alembic") :]


def _limbeck_module(fullname: str) -> "ModuleType":
    """Import and return the module `limbeck.X` for `alembic.X`."""
    name = own_name(fullname)
    __import__(name)
    return sys.modules[name]


class _Package(SourceFileLoader):
    """Loads the package `alembic`."""

    is_limbeck = True


class _Own:
    """Loads `limbeck.X`, and then names it `alembic.X`."""

    def exec_module(self, module: "ModuleType") -> None:
        super().exec_module(module)  # type: ignore[misc] # a mixin of file loaders
        from limbeck.compat.naming import name_as_alembic

        name_as_alembic(module)


class _Same:
    """Returns `limbeck.X` for `alembic.X`. `importlib.reload` runs its file again."""

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
    """Loads `alembic.X` where `limbeck.X` is a folder without `__init__.py`: the templates."""

    is_limbeck = True

    def create_module(self, spec: ModuleSpec) -> "ModuleType":
        module = _limbeck_module(spec.name)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: "ModuleType") -> None:
        # importlib.resources uses the loader of this spec.
        module.__spec__ = self._spec


#: The loaders of `limbeck.X`, by Python's loader.
OWN: "dict[type, type[FileLoader]]" = {
    SourceFileLoader: _OwnSource,
    SourcelessFileLoader: _OwnBytecode,
}
#: The loaders of `alembic.X`, by Python's loader or the loader of `limbeck.X`.
SAME: "dict[type, type[FileLoader]]" = {
    SourceFileLoader: _SameSource,
    SourcelessFileLoader: _SameBytecode,
    _OwnSource: _SameSource,
    _OwnBytecode: _SameBytecode,
}


def put_in_front(*, at_start: bool = False) -> None:
    """Install the finder before all others. Repeated calls have no effect.

    :param at_start: whether the `.pth` file calls this, when Python starts
    """
    if at_start:
        Answering.from_the_start = True
    if LimbeckFirst not in sys.meta_path:
        sys.meta_path.insert(0, LimbeckFirst)
