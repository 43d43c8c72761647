"""Other tools that compare some kinds of objects, for which this plugin is off then."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from limbeck.autogenerate.context import AutogenContext

_KINDS_OF_ALEMBIC_UTILS = {
    "PGView": ("view",),
    "PGMaterializedView": ("materialized view", "index"),
    "PGFunction": ("function", "procedure"),
    "PGTrigger": ("trigger",),
    "PGPolicy": ("policy",),
    "PGExtension": ("extension",),
}
_KINDS_OF_EXTENSIONS = {
    "views": ("view", "materialized view", "index"),
    "functions": ("function",),
    "procedures": ("procedure",),
    "triggers": ("trigger",),
}


def kinds_of_other_tools(context: AutogenContext) -> dict[str, str]:
    """Return the kinds of objects that another tool compares, each with the name of the tool."""
    found: dict[str, str] = {}
    registry: Any = getattr(sys.modules.get("alembic_utils.replaceable_entity"), "registry", None)
    if registry is not None:
        for entity in registry.entities():
            kinds = _KINDS_OF_ALEMBIC_UTILS.get(type(entity).__name__, ())
            found.update(dict.fromkeys(kinds, "alembic_utils"))
    if "sqlalchemy_declarative_extensions.alembic" in sys.modules:
        for metadata in context._metadatas:
            for name, kinds in _KINDS_OF_EXTENSIONS.items():
                if metadata.info.get(name):
                    found.update(dict.fromkeys(kinds, "sqlalchemy-declarative-extensions"))
    return found
