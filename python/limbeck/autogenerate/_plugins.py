"""limbeck's own plugins of autogenerate, which run only if they are asked for.

A project asks with `autogenerate = name, …` under `[limbeck]`, or env.py with `limbeck.name` in `autogenerate_plugins`. The plugin
that renames is asked for by the command line or the models, and that of CHECK constraints by `compare = roundtrip`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from limbeck.autogenerate._renames.find import is_asked
from limbeck.autogenerate._settings import project_settings
from limbeck.runtime.plugins import Plugin, _all_plugins, _make_re
from limbeck.util import sqla_compat
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.autogenerate.context import AutogenContext

_DEFAULT = ("alembic.autogenerate.*",)
_PREFIX = "limbeck."
_RENAMES = "limbeck.renames"
_ROUNDTRIP = "limbeck.roundtrip"
#: The module of each plugin, which is imported and set up when it is asked for.
_MODULES = {
    _RENAMES: "limbeck.autogenerate._renames.plugin",
    "limbeck.enums": "limbeck.autogenerate._enums.plugin",
    "limbeck.not_null": "limbeck.autogenerate._not_null.plugin",
    "limbeck.objects": "limbeck.autogenerate._objects.plugin",
    _ROUNDTRIP: "limbeck.autogenerate._roundtrip.plugin",
}
#: The plugins that are not asked for by `autogenerate`, but by an option of their own.
_WITH_OPTION = (_RENAMES, _ROUNDTRIP)


def enabled_plugins(context: AutogenContext, *, compares: bool) -> list[str]:
    """Return the names of the plugins that a context has, and set up those that are limbeck's.

    :param context: the context.
    :param compares: whether a database is compared; if not, code is only rendered.
    :return: names as `autogenerate_plugins` of `EnvironmentContext.configure()` has them.
    :raises CommandError: the setting has a name that no plugin has.
    """
    names = list(context.migration_context.opts.get("autogenerate_plugins", _DEFAULT))
    if compares:
        names += [name for name in _from_settings(context) if name not in names]
        names += [_RENAMES] if is_asked(context) else []
        names += [_ROUNDTRIP] if _compares_checks(context) else []
    wanted = [_make_re(name) for name in names if not name.startswith("~")]
    for name, module in _MODULES.items():
        if name not in _all_plugins and any(pattern.match(name) for pattern in wanted):
            Plugin.setup_plugin_from_module(import_module(module), name)
    return names


def _compares_checks(context: AutogenContext) -> bool:
    """Return whether the models have CHECK constraints that the server is asked about."""
    return context._decision.asks_server and any(
        constraint.name is not None
        for metadata in context._metadatas
        for table in metadata.tables.values()
        for constraint in sqla_compat.all_table_check_constraints(table)
    )


def _from_settings(context: AutogenContext) -> list[str]:
    """Return the plugins that the setting `autogenerate` of the project names."""
    names = [_PREFIX + name for name in project_settings(context).autogenerate]
    unknown = next((name for name in names if name not in _MODULES or name in _WITH_OPTION), None)
    if unknown is not None:
        choices = ", ".join(
            name.removeprefix(_PREFIX) for name in _MODULES if name not in _WITH_OPTION
        )
        raise CommandError(
            f"'autogenerate' of [limbeck] names '{unknown.removeprefix(_PREFIX)}'; there are {choices}"
        )
    return names
