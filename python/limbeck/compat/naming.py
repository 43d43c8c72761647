"""Makes `alembic.X` and `limbeck.X` one module object.

Projects import `alembic.config`, `alembic.op` and so on, and their tests patch names there. If `alembic.X` only
re-exported, a patch would not change the code that runs. So the finder in `limbeck_names.py` returns the module
`limbeck.X` itself for `alembic.X`.

The module's `__name__` and `__spec__`, and the `__module__` of its classes and functions, are those of `alembic.X`:
logs show them, and `runpy`, `pickle` and `importlib.reload` use them. They are set after the file was run. Until then
`sys.modules` has only `limbeck.X`, and a second thread that imports `alembic.X` waits for it. Imports cannot deadlock,
because they wait in one direction only: `alembic.X` for `limbeck.X`.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import ModuleSpec, PathFinder
from types import FunctionType

import limbeck_names
from limbeck_names import ALEMBIC_LOADERS, SHARED, Activation, copy_spec, limbeck_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType
    from typing import Any

_LIMBECK_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
#: The folder of the package `alembic` for tools that read files, such as type checkers and pkgutil.
_NAMES_FOLDER = os.path.join(_LIMBECK_FOLDER, "_names")

#: Modules whose classes Alembic defines in another module. The classes get the name of that module.
_ALEMBIC_MODULE = {
    "autogenerate.context": "autogenerate.api",
    "autogenerate.revision": "autogenerate.api",
    "operations._batch.rebuild": "operations.batch",
    "operations._batch.recorder": "operations.batch",
    "util.dispatch": "util.langhelpers",
    "util.proxy": "util.langhelpers",
}

#: The packages with names in `limbeck.compat.incidental`, which Alembic's modules have only because they import them.
#: Other packages get no `__getattr__`: `from . import x` would call it for each submodule `x` that is not imported yet.
_PACKAGES_WITH_INCIDENTAL = frozenset(
    {"alembic.autogenerate.compare", "alembic.autogenerate.render", "alembic.util"}
)


def name_as_alembic(module: ModuleType) -> None:
    """Give a module, its classes and its functions the names that they have in Alembic.

    Also adds the module to `sys.modules` under its Alembic name. A module directly below `alembic` becomes an attribute
    of that package if the package is imported.

    :param module: an executed module that exists under both names, imported under either
    """
    spec = module.__spec__
    assert spec is not None
    relative_name = spec.name.partition(".")[2]
    alembic_name = f"alembic.{relative_name}"
    names = (limbeck_name(alembic_name), alembic_name)
    name_for_classes = f"alembic.{_ALEMBIC_MODULE.get(relative_name, relative_name)}"
    for name, value in list(vars(module).items()):
        kind = type(value)
        is_class = issubclass(kind, type)
        if (is_class or kind is FunctionType) and value.__module__ in names:
            is_public_class = is_class and not name.startswith("_")
            value.__module__ = name_for_classes if is_public_class else alembic_name
    if spec.name != alembic_name:
        loader_class = ALEMBIC_LOADERS.get(type(spec.loader))
        if loader_class is None:
            return  # not loaded from a `.py` or `.pyc` file: the module keeps limbeck's name
        spec = copy_spec(spec, alembic_name, loader_class)
        module.__spec__ = spec
        module.__loader__ = spec.loader
    module.__name__ = alembic_name
    module.__package__ = spec.parent
    _expose_incidental_names(module)
    sys.modules[alembic_name] = module
    parent, _, child = alembic_name.rpartition(".")
    if parent == "alembic" and parent in sys.modules:
        setattr(sys.modules[parent], child, module)


def _expose_incidental_names(module: ModuleType) -> None:
    """Give a module a `__getattr__` that also finds the names in `incidental`.

    Type checkers do not see this `__getattr__`, and so still report a misspelt name.
    """
    if hasattr(module, "__path__") and module.__name__ not in _PACKAGES_WITH_INCIDENTAL:
        return
    original: Callable[[str], Any] | None = vars(module).get("__getattr__")
    if original is not None and original.__module__ == __name__:
        return  # the module was reloaded
    module_name = limbeck_name(module.__name__)

    def __getattr__(name: str) -> Any:
        if original is None:
            missing = AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
        else:
            try:
                return original(name)
            except AttributeError as error:
                missing = error
        if name.startswith("__"):
            raise missing
        from limbeck.compat.incidental import find

        try:
            return find(module_name, name)
        except AttributeError:
            raise missing from None

    module.__getattr__ = __getattr__  # type: ignore[method-assign] # PEP 562


def activate() -> None:
    """Install the finder, and rename the modules that are imported already. Repeated calls have no effect."""
    Activation.by_call = True
    limbeck_names.put_in_front()
    for name, module in list(sys.modules.items()):
        package, _, rest = name.partition(".")
        if package == "limbeck" and rest.partition(".")[0] in SHARED and _is_complete(module):
            name_as_alembic(module)


def _is_complete(module: ModuleType) -> bool:
    """Return whether a module was executed completely, and still has limbeck's name."""
    spec = module.__spec__
    return (
        spec is not None
        and spec.name.startswith("limbeck.")
        and not getattr(spec, "_initializing", False)
    )


def replace_module_by_package() -> None:
    """Replace the module `alembic` during its import with limbeck's package, or with Alembic's if limbeck is disabled.

    Called by `alembic.py` and `_names/alembic/__init__.py`. Python runs these files only if the finder of
    `limbeck_names` is not installed, or if limbeck is disabled.

    :raises ModuleNotFoundError: limbeck is disabled, and Alembic is not installed
    """
    from importlib.util import module_from_spec

    disabled_by = Activation.disabled_by()
    if disabled_by is None:
        activate()
        spec = limbeck_names.package_spec()
    else:
        spec = find_original()
        if spec is None:
            raise ModuleNotFoundError(
                f"limbeck is disabled ({disabled_by}), and Alembic itself is not installed",
                name="alembic",
            )
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    sys.modules["alembic"] = module
    spec.loader.exec_module(module)


def find_original(path: Sequence[str] | None = None) -> ModuleSpec | None:
    """Return the spec of the first `alembic` that is not limbeck's, or `None`.

    :param path: the folders to search; by default `sys.path`
    """
    names_folder = os.path.realpath(_NAMES_FOLDER)
    limbeck_folders = {names_folder, os.path.realpath(os.path.dirname(_LIMBECK_FOLDER))}
    for folder in sys.path if path is None else path:
        spec = PathFinder.find_spec("alembic", [folder])
        if spec is None or spec.origin is None:
            continue
        if os.path.realpath(folder) in limbeck_folders and spec.submodule_search_locations is None:
            continue  # alembic.py
        if os.path.realpath(folder) == names_folder:
            continue
        return spec
    return None
