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
#: By the module that it imports when the kind is registered, and the key of `MetaData.info` that has the objects.
_KINDS_OF_EXTENSIONS = {
    ("view", "views"): ("view", "materialized view", "index"),
    ("function", "functions"): ("function",),
    ("procedure", "procedures"): ("procedure",),
    ("trigger", "triggers"): ("trigger",),
}


def kinds_of_other_tools(context: AutogenContext) -> dict[str, str]:
    """Return the kinds of objects that another tool compares, each with the name of the tool."""
    found: dict[str, str] = {}
    registry: Any = getattr(sys.modules.get("alembic_utils.replaceable_entity"), "registry", None)
    for entity in registry.entities() if registry is not None else ():
        for base in type(entity).__mro__:
            kinds = _KINDS_OF_ALEMBIC_UTILS.get(base.__name__, ())
            found.update(dict.fromkeys(kinds, "alembic_utils"))
    for (module, name), kinds in _KINDS_OF_EXTENSIONS.items():
        if f"sqlalchemy_declarative_extensions.alembic.{module}" in sys.modules and any(
            metadata.info.get(name) for metadata in context._metadatas
        ):
            found.update(dict.fromkeys(kinds, "sqlalchemy-declarative-extensions"))
    return found
