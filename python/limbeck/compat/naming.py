"""Makes `alembic.X` and `limbeck.X` one module object.

Projects import `alembic.config`, `alembic.op` and so on, and their tests patch names there. If `alembic.X` only
re-exported, a patch would not change the code that runs. So the finder in `limbeck_names.py` returns the module
`limbeck.X` itself for `alembic.X`.

The module's `__name__` and `__spec__`, and the `__module__` of its classes and functions, say `alembic.X`: logs show this
name, and `runpy`, `pickle` and `importlib.reload` use it. The names are set after the file was run. Until then there is
only `limbeck.X`, and a second thread that imports `alembic.X` waits for it. Imports wait in one direction, `alembic.X`
for `limbeck.X`, and therefore cannot deadlock.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import ModuleSpec, PathFinder
from types import FunctionType

import limbeck_names
from limbeck_names import SAME, SHARED, Answering, own_name, spec_like

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType
    from typing import Any

_HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
#: The files of the package `alembic`, for tools that read files: type checkers, pkgutil.
_NAMES = os.path.join(_HOME, "_names")

#: Modules whose classes get the name of another module, the one in which Alembic defines them.
_SHOWN_IN = {
    "autogenerate.context": "autogenerate.api",
    "autogenerate.revision": "autogenerate.api",
    "operations._batch.rebuild": "operations.batch",
    "operations._batch.recorder": "operations.batch",
    "util.dispatch": "util.langhelpers",
    "util.proxy": "util.langhelpers",
}

#: The packages that `incidental` lists names for. The others get no `__getattr__`, because `from . import x` would call it
#: for each `x` that is not imported yet, and import the table.
_PACKAGES_WITH_INCIDENTAL = frozenset(
    {"alembic.autogenerate.compare", "alembic.autogenerate.render", "alembic.util"}
)


def name_as_alembic(module: ModuleType) -> None:
    """Give a module that `alembic` shows, and its classes and functions, their names in Alembic.

    :param module: an executed module of limbeck, imported under either name
    """
    spec = module.__spec__
    assert spec is not None
    shown = "alembic" + spec.name[spec.name.index(".") :]
    own = own_name(shown)
    rest = shown.partition(".")[2]
    home = f"alembic.{_SHOWN_IN[rest]}" if rest in _SHOWN_IN else shown
    for name, value in list(vars(module).items()):
        kind = type(value)
        is_class = issubclass(kind, type)
        if (is_class or kind is FunctionType) and value.__module__ in (own, shown):
            value.__module__ = home if is_class and not name.startswith("_") else shown
    if spec.name != shown:
        found = SAME.get(type(spec.loader))
        if found is None:
            return
        spec = spec_like(spec, shown, found)
        module.__spec__ = spec
        module.__loader__ = spec.loader
    module.__name__ = shown
    module.__package__ = spec.parent
    _show_incidental(module)
    sys.modules[shown] = module
    parent, _, child = shown.rpartition(".")
    if parent == "alembic" and parent in sys.modules:
        setattr(sys.modules[parent], child, module)


def _show_incidental(module: ModuleType) -> None:
    """Give a module a `__getattr__` that finds the names that `incidental` lists for it.

    Type checkers do not see these names, so that a misspelt name is still an error.
    """
    if hasattr(module, "__path__") and module.__name__ not in _PACKAGES_WITH_INCIDENTAL:
        return
    own: Callable[[str], Any] | None = vars(module).get("__getattr__")
    if own is not None and own.__module__ == __name__:
        return  # the module was reloaded
    name_of_limbeck = own_name(module.__name__)

    def __getattr__(name: str) -> Any:
        if own is None:
            problem = AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
        else:
            try:
                return own(name)
            except AttributeError as error:
                problem = error
        if name.startswith("__"):
            raise problem
        from limbeck.compat.incidental import find

        try:
            return find(name_of_limbeck, name)
        except AttributeError:
            raise problem from None

    module.__getattr__ = __getattr__  # type: ignore[method-assign] # PEP 562


def activate() -> None:
    """Install the finder, and rename the modules that are imported already. Repeated calls have no effect."""
    Answering.activated = True
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
    """Replace the module `alembic` that is being imported by the package: Alembic's own where limbeck is disabled.

    Called by `alembic.py` and `_names/alembic/__init__.py`. Python runs these files only if the finder of `limbeck_names`
    is not installed, or if limbeck is disabled.

    :raises ModuleNotFoundError: if limbeck is disabled, and Alembic is not installed
    """
    from importlib.util import module_from_spec

    disabled = Answering.disabled()
    if disabled is None:
        activate()
        spec = limbeck_names.package_spec()
    else:
        spec = find_original()
        if spec is None:
            raise ModuleNotFoundError(
                f"limbeck is disabled ({disabled}), and Alembic itself is not installed",
                name="alembic",
            )
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    sys.modules["alembic"] = module
    spec.loader.exec_module(module)


def find_original(path: Sequence[str] | None = None) -> ModuleSpec | None:
    """Return the spec of a package `alembic` that is not limbeck's, or `None`.

    :param path: the folders to search; by default `sys.path`
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
