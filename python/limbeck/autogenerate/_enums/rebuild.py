"""Makes a type again with other labels, for all that uses it.

PostgreSQL cannot remove a label or change the order. So a new type gets the name, and each column is converted by its text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from limbeck.autogenerate._enums.catalog import EnumType, Use
from limbeck.autogenerate._enums.columns import Place
from limbeck.autogenerate._enums.sql import Quoting, array_items, executable, literal, literal_of
from limbeck.util.exc import CommandError


def create_type(quoting: Quoting, type_: EnumType, labels: Iterable[str]) -> list[str]:
    """Return the statements that create a type."""
    name = quoting.name(*type_.name)
    found = [f"CREATE TYPE {name} AS ENUM ({', '.join(map(literal, labels))})"]
    if type_.comment:
        found.append(f"COMMENT ON TYPE {name} IS {literal(type_.comment)}")
    return found


def rebuild(
    quoting: Quoting,
    type_: EnumType,
    uses: Sequence[Use],
    labels: Sequence[str],
    new_defaults: Mapping[Place, str] | None = None,
) -> list[str]:
    """Return the statements that give a type other labels.

    :param uses: what uses the type.
    :param labels: the labels.
    :param new_defaults: by schema, table and column: what replaces a default that the type loses, or else it is dropped.
    :raises CommandError: something uses the type that cannot be made again.
    """
    _refuse_others(type_, uses)
    schema, name = type_.name
    new = quoting.name(schema, name)
    # At most 63 bytes, which PostgreSQL would cut off silently.
    old_name = name.encode()[:55].decode(errors="ignore") + "__old"
    by_kind = {kind: [use for use in uses if use.kind == kind] for kind in {u.kind for u in uses}}
    columns = by_kind.get("column", [])
    defaults = [*columns, *by_kind.get("default", [])]
    checks, indexes = by_kind.get("check", []), by_kind.get("index", [])
    views = by_kind.get("view", [])

    found = [f"DROP {view.name} {view.definition}" for view in reversed(views)]
    found += [f"DROP INDEX {quoting.name(index.schema, index.name)}" for index in indexes]
    found += [
        f"{_alter(quoting, check)} DROP CONSTRAINT {quoting.column(check.name)}" for check in checks
    ]
    found += [
        f"{_alter(quoting, use)} ALTER COLUMN {quoting.column(use.name)} DROP DEFAULT"
        for use in defaults
        if use.definition is not None
    ]
    found.append(f"ALTER TYPE {new} RENAME TO {quoting.column(old_name)}")
    found += create_type(quoting, type_, labels)
    for table, group in groupby(columns, lambda use: (use.schema, use.relation)):
        # One statement for a table, which is rewritten once.
        changes = ", ".join(_convert(quoting, use, new) for use in group)
        found.append(f"ALTER TABLE {quoting.name(*table)} {changes}")
    found += [
        f"{_alter(quoting, use)} ALTER COLUMN {quoting.column(use.name)} SET DEFAULT {default}"
        for use in defaults
        if use.definition is not None and (default := _default(use, labels, type_, new_defaults))
    ]
    found += [
        f"{_alter(quoting, check)} ADD CONSTRAINT {quoting.column(check.name)} {check.definition}"
        for check in checks
    ]
    for index in indexes:
        found += [str(index.definition), *index.statements]
    for view in views:
        found += view.statements
    found.append(f"DROP TYPE {quoting.name(schema, old_name)}")
    return [executable(statement) for statement in found]


def rewritten_tables(uses: Iterable[Use]) -> int:
    """Return how many tables a rebuild rewrites."""
    return len({(use.schema, use.relation) for use in uses if use.kind == "column"})


def _alter(quoting: Quoting, use: Use) -> str:
    return f"ALTER TABLE {quoting.name(use.schema, use.relation)}"


def _convert(quoting: Quoting, use: Use, new: str) -> str:
    column, array = quoting.column(use.name), "[]" if use.is_array else ""
    return f"ALTER COLUMN {column} TYPE {new}{array} USING {column}::text{array}::{new}{array}"


def _default(
    use: Use,
    labels: Sequence[str],
    type_: EnumType,
    new_defaults: Mapping[Place, str] | None,
) -> str | None:
    if not is_lost(use, labels, type_):
        return use.definition
    return (new_defaults or {}).get((use.schema, use.relation, use.name))


def is_lost(use: Use, labels: Sequence[str], type_: EnumType) -> bool:
    """Return whether the default of a column has a label that the type loses."""
    value = literal_of(use.definition) if use.kind == "column" and use.definition else None
    if value is None:
        return False
    if use.is_array:
        return any(item in type_.labels and item not in labels for item in array_items(value))
    return value in type_.labels and value not in labels


def _refuse_others(type_: EnumType, uses: Iterable[Use]) -> None:
    others = [use.name for use in uses if use.kind == "other"]
    if others:
        name = ".".join(filter(None, type_.name))
        raise CommandError(
            f"Cannot remove or reorder labels of the enum '{name}': it is used by {', '.join(others)}\n\n"
            "hint: write the revision by hand: drop what uses the type, change the type, and create it again"
        )
