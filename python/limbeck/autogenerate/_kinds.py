"""The kinds of objects that a comparison looks at, and those that it does not, for `--verbose`.

They follow from the comparators that are registered for a run. The module of a comparator may name kinds in a constant `KINDS`, or
in a dictionary of that name by dialect.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from limbeck.autogenerate.context import AutogenContext

    #: The target and the subgroup of a comparator.
    Group = tuple[str, str | None]

_DEFAULTS = ("server defaults", "computed columns", "identities")
#: The kinds of each group of Alembic's comparators.
_BUILT_IN: dict[Group, tuple[str, ...]] = {
    ("schema", "tables"): ("tables", "columns"),
    ("column", "types"): ("types",),
    ("column", "nullable"): ("NOT NULL",),
    ("column", "server_default"): _DEFAULTS,
    ("table", "indexes"): ("indexes", "unique constraints"),
    ("table", "foreignkeys"): ("foreign keys",),
    ("table", "comments"): ("comments",),
    ("table", "checkconstraints"): ("names of CHECK constraints",),
}
#: The kinds that well-known packages compare.
_OF_PACKAGES: dict[str, tuple[str, ...]] = {
    "alembic_postgresql_enum": ("labels of enums",),
    "alembic_utils": ("views", "materialized views", "functions", "triggers", "extensions"),
    "sqlalchemy_declarative_extensions": (
        "views", "functions", "procedures", "triggers", "policies", "roles", "grants", "schemas", "rows",
    ),
}  # fmt: skip
_EVERYWHERE = (
    *(kind for kinds in _BUILT_IN.values() for kind in kinds),
    "conditions of CHECK constraints",
    "primary keys",
    "views",
    "triggers",
)
_OF_DIALECTS: dict[str, tuple[str, ...]] = {
    "postgresql": (
        "exclusion constraints", "labels of enums", "materialized views", "functions", "procedures", "policies", "extensions",
        "sequences", "domains", "partitions", "roles", "grants",
    ),
    "mysql": ("labels of enums", "functions", "procedures", "events", "partitions", "grants"),
    "mariadb": ("labels of enums", "functions", "procedures", "events", "sequences", "partitions", "grants"),
}  # fmt: skip
#: What turns a kind on.
_HOW = {
    "types": "compare_type=True",
    **dict.fromkeys(_DEFAULTS, "compare_server_default=True"),
    "names of CHECK constraints": "alembic.ext.checkconstraint_byname in autogenerate_plugins",
}


class Kinds(NamedTuple):
    """The kinds of objects of a comparison.

    :ivar compared: those that are compared.
    :ivar skipped: those that are not.
    """

    compared: list[str]
    skipped: list[str]

    def lines(self) -> Iterator[str]:
        """Yield the report."""
        yield f"Compared: {', '.join(self.compared) or 'nothing'}"
        hints = dict.fromkeys(_HOW[kind] for kind in self.skipped if kind in _HOW)
        parts = [kind for kind in self.skipped if kind not in _HOW]
        for hint in hints:
            of = [kind for kind in self.skipped if _HOW.get(kind) == hint]
            parts.append(f"{', '.join(of)} (needs {hint})")
        yield f"Not compared: {', '.join(parts) or 'nothing'}"


def kinds_of(context: AutogenContext) -> Kinds:
    """Return the kinds of objects that a run compares.

    :param context: the context of the comparison.
    """
    compared = dict.fromkeys(
        kind
        for group, function in _registered(context)
        for kind in (*_BUILT_IN.get(group, ()), *_kinds_of_module(function, context.dialect.name))
    )
    for kind in _switched_off(context):
        compared.pop(kind, None)
    dialect = context.dialect.name
    known = dict.fromkeys((*_EVERYWHERE, *_OF_DIALECTS.get(dialect, ())))
    if not context.opts.get("include_schemas"):
        known["schemas other than the default one"] = None
    elif dialect != "sqlite":
        compared["all schemas"] = None
    if not context.dialect.supports_comments:
        known.pop("comments", None)
    in_order = dict.fromkeys(kind for kind in (*known, *compared) if kind in compared)
    return Kinds(list(in_order), [kind for kind in known if kind not in compared])


def _registered(context: AutogenContext) -> Iterator[tuple[Group, Any]]:
    """Yield the comparators of a run, with their groups."""
    names = {context.dialect.name, "default"}
    for (target, qualifier, _), entries in context.comparators._registry.items():
        if qualifier in names:
            for function, subgroup in entries:
                yield (target, subgroup), function


def _kinds_of_module(function: Any, dialect: str) -> tuple[str, ...]:
    """Return the kinds that the module of a comparator names, or those of a well-known package."""
    name = str(getattr(function, "__module__", ""))
    named: Any = getattr(sys.modules.get(name), "KINDS", ())
    if isinstance(named, Mapping):
        named = named.get(dialect, ())
    return (*named, *_OF_PACKAGES.get(name.partition(".")[0], ()))


def _switched_off(context: AutogenContext) -> Iterator[str]:
    """Yield the kinds whose comparators do nothing in this run."""
    migration_context = context.migration_context
    if migration_context._user_compare_type is False:
        yield "types"
    if migration_context._user_compare_server_default is False:
        yield from _DEFAULTS
    if not context.dialect.supports_comments:
        yield "comments"
