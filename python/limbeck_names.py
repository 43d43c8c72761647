"""The import finder for `alembic.X`, which is the module `limbeck.X`.

`limbeck_names.pth` imports this file at every start of Python.

Python holds the global import lock while it calls a finder. A finder that imports a module can therefore deadlock with
another thread that is importing the same module. So this file imports only modules that Python has always loaded.
The loaders run without that lock: they import :mod:`limbeck.compat.naming`, which names a module after it was executed.
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

#: The modules `limbeck.X` that are also `alembic.X`. limbeck's other modules have no name below `alembic`.
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

#: `0`: `alembic` is limbeck, even if the file below exists. Any other value, such as `1`: it is Alembic itself.
DISABLE_VARIABLE = "LIMBECK_DISABLE"
#: If this file exists, `alembic` is Alembic itself in this Python environment; `limbeck doctor --disable` writes it.
DISABLE_FILE = os.path.join(sys.prefix, "limbeck-disabled")


def disabled_by() -> str | None:
    """Return the variable or the file that disables limbeck, or `None`."""
    variable = os.environ.get(DISABLE_VARIABLE, "")
    if variable:
        return None if variable == "0" else f"{DISABLE_VARIABLE}={variable}"
    return DISABLE_FILE if os.path.exists(DISABLE_FILE) else None


class Activation:
    """Whether `alembic` is limbeck in this process."""

    #: Whether Python has read `limbeck_names.pth`.
    at_start = False
    #: Whether `limbeck.activate()` was called, which overrides the variable and the file.
    by_call = False
    #: The variable and the file are checked once, so that modules of Alembic and of limbeck are never mixed.
    _checked = False
    _disabled_by: str | None = None

    @classmethod
    def disabled_by(cls) -> str | None:
        """Return the variable or the file that disables limbeck in this process, or `None`."""
        if cls.by_call:
            return None
        if not cls._checked:
            cls._disabled_by = disabled_by()
            cls._checked = True
        return cls._disabled_by


class LimbeckFinder:
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
            if rest.partition(".")[0] not in SHARED or Activation.disabled_by() is not None:
                return None
            return _module_spec(fullname, path)
        if package == "limbeck" or Activation.disabled_by() is not None:
            return None
        return package_spec()

    @staticmethod
    def find_distributions(context: "DistributionFinder.Context") -> "Iterable[Distribution]":
        """Return the stand-in for the distribution `alembic`, or nothing; see
        :class:`importlib.metadata.DistributionFinder`.
        """
        if context.name is None or context.name.lower() != "alembic" or "path" in vars(context):
            return ()
        if Activation.disabled_by() is not None:
            return ()
        try:
            from limbeck.compat.distribution import stand_in_distributions
        except ImportError:
            return ()
        return stand_in_distributions(context)


def package_spec() -> ModuleSpec | None:
    """Return the spec of the package `alembic`, or `None` if limbeck was uninstalled."""
    folder = _limbeck_folder()
    if folder is None:
        return None
    file = os.path.join(folder, "alembic.py")
    spec = ModuleSpec("alembic", _PackageLoader("alembic", file), origin=file)
    spec.has_location = True
    spec.submodule_search_locations = [os.path.join(folder, "_names", "alembic")]
    return spec


def _limbeck_folder() -> str | None:
    """Return the folder of the package `limbeck`, or `None` if limbeck was uninstalled. Does not import the package."""
    module = sys.modules.get("limbeck")
    spec = PathFinder.find_spec("limbeck") if module is None else module.__spec__
    if spec is None or spec.origin is None:
        return None
    return os.path.dirname(os.path.abspath(spec.origin))


def _module_spec(fullname: str, path: "Sequence[str] | None") -> ModuleSpec | None:
    """Return the spec of `limbeck.X` or `alembic.X`, or `None` if there is no file of that name.

    :param fullname: the name of the module
    :param path: the `__path__` of its package
    """
    package, _, rest = fullname.partition(".")
    if "." not in rest:
        folder = _limbeck_folder()
        path = None if folder is None else [folder]
    spec = None if path is None else PathFinder.find_spec(fullname, path)
    if spec is None:
        return None
    loaders = _LIMBECK_LOADERS if package == "limbeck" else ALEMBIC_LOADERS
    loader_class = loaders.get(type(spec.loader))
    if loader_class is not None:
        return copy_spec(spec, fullname, loader_class)
    if package == "limbeck":
        return spec
    if spec.origin is None and spec.submodule_search_locations is not None:
        return ModuleSpec(fullname, _AlembicFolderLoader(), is_package=True)  # type: ignore[arg-type] # by duck type
    return None


def copy_spec(spec: ModuleSpec, name: str, loader_class: "type[FileLoader]") -> ModuleSpec:
    """Return a copy of a spec with another name and another loader.

    :param spec: the spec of a file
    :param name: the new name
    :param loader_class: the class of the new loader
    """
    assert spec.origin is not None
    copy = ModuleSpec(name, loader_class(name, spec.origin), origin=spec.origin)
    copy.has_location = True
    copy.cached = spec.cached
    copy.submodule_search_locations = spec.submodule_search_locations
    return copy


def limbeck_name(fullname: str) -> str:
    """Return `limbeck.X` for `alembic.X`."""
    return "limbeck" + fullname[len("alembic") :]


def _limbeck_module(fullname: str) -> "ModuleType":
    """Import and return the module `limbeck.X` for `alembic.X`."""
    name = limbeck_name(fullname)
    __import__(name)
    return sys.modules[name]


class _PackageLoader(SourceFileLoader):
    """Loads the package `alembic`."""

    is_limbeck = True


class _LimbeckLoader:
    """Loads `limbeck.X`, and then names it `alembic.X`."""

    def exec_module(self, module: "ModuleType") -> None:
        super().exec_module(module)  # type: ignore[misc] # a mixin of file loaders
        from limbeck.compat.naming import name_as_alembic

        name_as_alembic(module)


class _AlembicLoader:
    """Returns `limbeck.X` for `alembic.X`. `importlib.reload` runs its file again."""

    is_limbeck = True
    #: Whether `create_module()` has just returned a module that is executed already.
    _is_executed = False

    def create_module(self, spec: ModuleSpec) -> "ModuleType":
        self._is_executed = True
        return _limbeck_module(spec.name)

    def exec_module(self, module: "ModuleType") -> None:
        from limbeck.compat.naming import name_as_alembic

        if self._is_executed:
            self._is_executed = False
        else:
            super().exec_module(module)  # type: ignore[misc] # a mixin of file loaders
        name_as_alembic(module)


class _LimbeckSourceLoader(_LimbeckLoader, SourceFileLoader):  # type: ignore[misc] # as in typeshed
    """From a `.py` file."""


class _LimbeckBytecodeLoader(_LimbeckLoader, SourcelessFileLoader):
    """From a `.pyc` file without its source."""


class _AlembicSourceLoader(_AlembicLoader, SourceFileLoader):  # type: ignore[misc] # as in typeshed
    """From a `.py` file."""


class _AlembicBytecodeLoader(_AlembicLoader, SourcelessFileLoader):
    """From a `.pyc` file without its source."""


class _AlembicFolderLoader:
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
_LIMBECK_LOADERS: "dict[type, type[FileLoader]]" = {
    SourceFileLoader: _LimbeckSourceLoader,
    SourcelessFileLoader: _LimbeckBytecodeLoader,
}
#: The loaders of `alembic.X`, by Python's loader or the loader of `limbeck.X`.
ALEMBIC_LOADERS: "dict[type, type[FileLoader]]" = {
    SourceFileLoader: _AlembicSourceLoader,
    SourcelessFileLoader: _AlembicBytecodeLoader,
    _LimbeckSourceLoader: _AlembicSourceLoader,
    _LimbeckBytecodeLoader: _AlembicBytecodeLoader,
}


def put_in_front(*, at_start: bool = False) -> None:
    """Install the finder before all others. Repeated calls have no effect.

    :param at_start: whether the `.pth` file calls this, when Python starts
    """
    if at_start:
        Activation.at_start = True
    if LimbeckFinder not in sys.meta_path:
        sys.meta_path.insert(0, LimbeckFinder)
