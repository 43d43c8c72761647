"""Plugins: modules that register comparators, operations and other extensions.

A plugin has a unique name. Its comparators run only if env.py enables the plugin by name (`autogenerate_plugins` of
`context.configure()`). Other extensions that its `setup()` registers, such as operations, are available as soon as
the plugin is set up.

Packages declare their plugins in the entry point group `alembic.plugins`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from importlib import metadata
from re import Pattern
from types import ModuleType
from typing import TYPE_CHECKING, Any

from limbeck.util.exc import CommandError
from limbeck.util.langhelpers import DispatchPriority, PriorityDispatcher
from limbeck.util.messaging import warn_deprecated

if TYPE_CHECKING:
    from limbeck.util.langhelpers import PriorityDispatchResult

__all__ = ("DispatchPriority", "Plugin", "PriorityDispatcher")

log = logging.getLogger("alembic.runtime.plugins")

ENTRY_POINTS = "alembic.plugins"

_all_plugins: dict[str, Plugin] = {}
_found = False

#: Former names of plugins, which older env.py files may use.
_FORMER_NAMES = {
    "alembic.autogenerate.checkconstraint_byname": "alembic.ext.checkconstraint_byname"
}


class Plugin:
    """A named set of handlers.

    :param name: dotted name, unique in the process
    :raises ValueError: if a plugin of that name exists
    """

    def __init__(self, name: str) -> None:
        self.name = name
        log.info("setup plugin %s", name)
        if name in _all_plugins:
            raise ValueError(f"A plugin named {name} is already registered")
        _all_plugins[name] = self
        self.autogenerate_comparators = PriorityDispatcher()

    def remove(self) -> None:
        """Unregister the plugin, so that its name is free."""
        del _all_plugins[self.name]

    def add_autogenerate_comparator(
        self,
        fn: Callable[..., PriorityDispatchResult],
        compare_target: str,
        compare_element: str | None = None,
        *,
        qualifier: str = "default",
        priority: DispatchPriority = DispatchPriority.MEDIUM,
    ) -> None:
        """Register a comparator.

        :param fn: the function; its parameters depend on `compare_target`
        :param compare_target: the kind of object: "schema", "table", "column", "type", ...
        :param compare_element: a subgroup; a function can skip the rest of its subgroup by
            returning :attr:`.PriorityDispatchResult.STOP`
        :param qualifier: a dialect's name, or "default" for all
        :param priority: before or after the other functions
        """
        register = self.autogenerate_comparators.dispatch_for(
            compare_target, subgroup=compare_element, priority=priority, qualifier=qualifier
        )
        register(fn)

    @classmethod
    def populate_autogenerate_priority_dispatch(
        cls, comparators: PriorityDispatcher, include_plugins: list[str]
    ) -> None:
        """Add the comparators of the enabled plugins to a dispatcher.

        :param comparators: the dispatcher
        :param include_plugins: names, in which `*` matches any part; a leading `~` excludes
        :raises CommandError: if a name matches no plugin
        """
        wanted = {
            written: _make_re(_translate_legacy_name(written))
            for written in include_plugins
            if not written.startswith("~")
        }
        unwanted = [
            _make_re(_translate_legacy_name(written[1:]))
            for written in include_plugins
            if written.startswith("~")
        ]
        unmatched = dict.fromkeys(wanted)
        for name, plugin in _all_plugins.items():
            if any(pattern.match(name) for pattern in unwanted):
                continue
            matching = [written for written, pattern in wanted.items() if pattern.match(name)]
            for written in matching:
                unmatched.pop(written, None)
            if matching:
                log.info("setting up autogenerate plugin %s", name)
                comparators.populate_with(plugin.autogenerate_comparators)
        if unmatched:
            raise CommandError(f"Did not locate plugins: {', '.join(unmatched)}")

    @classmethod
    def setup_plugin_from_module(cls, module: ModuleType, name: str) -> None:
        """Create a plugin from a module.

        :param module: a module with a function `setup(plugin)`
        :param name: the plugin's name
        """
        module.setup(cls(name))


def _translate_legacy_name(name: str) -> str:
    return _FORMER_NAMES.get(name, name)


def _make_re(expression: str) -> Pattern[str]:
    """Return the regular expression of a name in which `*` matches any part."""
    parts = expression.split(".")
    if not all(part == "*" or re.fullmatch(r"\w+", part) for part in parts):
        raise ValueError(f"Invalid plugin expression {expression!r}")
    return re.compile(r"\.".join(".+?" if part == "*" else part for part in parts) + r"\Z")


def _setup() -> None:
    """Set up the plugins that installed packages declare."""
    for entry in metadata.entry_points(group=ENTRY_POINTS):
        loaded: Any = entry.load()
        if isinstance(loaded, (list, tuple, set, frozenset)):
            warn_deprecated(
                f"Plugin entrypoint {entry.name!r} refers to a collection of modules; the "
                "entrypoint should refer to a single plugin module that includes a setup() "
                "function."
            )
            modules = list(loaded)
        else:
            modules = [loaded]
        for module in modules:
            Plugin.setup_plugin_from_module(module, entry.name)


def find_installed() -> None:
    """Set up the plugins of installed packages, once per process."""
    global _found
    if not _found:
        _found = True
        _setup()
