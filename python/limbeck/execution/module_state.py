"""Containers of a revision file that a failed attempt has changed, so that another attempt may not do the same."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from limbeck.runtime._run import StepRun

_CONTAINERS = (list, dict, set, bytearray)


class ModuleContainers:
    """The lists, dictionaries and sets at the top level of a revision file, as they are now.

    :param module: the imported file, or `None`.
    """

    def __init__(self, module: Any) -> None:
        self._module = module
        names = {} if module is None else vars(module)
        self._copies = {
            name: copy.copy(value)
            for name, value in names.items()
            if type(value) in _CONTAINERS and not name.startswith("__")
        }

    def changed(self) -> list[str]:
        """Return the names of the containers whose elements have changed since; each is returned once."""
        now = {} if self._module is None else vars(self._module)
        found = [name for name, value in self._copies.items() if now.get(name) != value]
        for name in found:
            del self._copies[name]
        return found


def module_containers(run: StepRun) -> ModuleContainers:
    """Return the containers of a step's revision file."""
    return ModuleContainers(getattr(getattr(run.step, "revision", None), "module", None))
