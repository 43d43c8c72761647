"""Compares the enums of PostgreSQL, and adds the operations that change them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from limbeck.autogenerate._enums.catalog import EnumType, Use, read_types, read_uses
from limbeck.autogenerate._enums.columns import (
    Place,
    convert_columns,
    dropped_columns,
    enums_that_go,
    rename_defaults,
    take_defaults,
    without_creation,
)
from limbeck.autogenerate._enums.labels import Added, Difference
from limbeck.autogenerate._enums.models import TypeName, enums_of_models, name_of
from limbeck.autogenerate._enums.operations import EnumStatementsOp, Statements
from limbeck.autogenerate._enums.rebuild import create_type, is_lost, rebuild, rewritten_tables
from limbeck.autogenerate._enums.sql import (
    Quoting,
    array_items,
    array_text,
    executable,
    literal,
    literal_of,
)
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.autogenerate._renames.request import Request
    from limbeck.autogenerate.context import AutogenContext
    from limbeck.operations._ops.core import MigrateOperation
    from limbeck.operations.ops import UpgradeOps

log = logging.getLogger("alembic.autogenerate.compare.enums")


def compare_types(context: AutogenContext, upgrade_ops: UpgradeOps, request: Request) -> None:
    """Add the operations that create, change and drop enums; nothing is read if neither side has one.

    :param request: learns which of its renames of labels are applied.
    :raises CommandError: two columns of the models have different labels for one type, or a rebuild is not possible.
    """
    wanted = _wanted(context)
    going = {name: enum for name, enum in enums_that_go(context, upgrade_ops) if name not in wanted}
    if not wanted and not going and not request.labels:
        return
    assert context.connection is not None
    default = context.dialect.default_schema_name
    schemas = {schema or default for schema, _ in (*wanted, *going)}
    schemas |= {one.schema or default for one in request.labels}
    types = read_types(context.connection, sorted(filter(None, schemas)), default)
    names = _renamed(request, types, wanted, default)
    differences = {
        name: difference
        for name, labels in wanted.items()
        if name in types
        and (difference := Difference.between(types[name].labels, labels, names.get(name, {})))
    }
    gone = [types[name] for name in going if name in types]
    changed = [types[name] for name in differences]
    uses = read_uses(context.connection, [*changed, *gone], default) if changed or gone else {}

    quoting = Quoting(context.dialect)
    before: list[MigrateOperation] = []
    for name, labels in wanted.items():
        if name not in types:
            before.append(_create(quoting, EnumType(name, 0, labels, None)))
    for name, difference in differences.items():
        new_defaults: dict[Place, str] = {}
        if difference.renamed:
            rename_defaults(context, upgrade_ops, _renamed_defaults(difference, uses[name]))
        if difference.needs_rebuild:
            lost = [
                (use.schema, use.relation, use.name)
                for use in uses[name]
                if is_lost(use, difference.new, types[name])
            ]
            for place, default_sql in take_defaults(context, upgrade_ops, lost).items():
                label = difference.old_name(literal_of(default_sql))
                new_defaults[place] = default_sql if label is None else literal(label)
        before += _change(quoting, types[name], difference, uses[name], new_defaults)
    without_creation(context, upgrade_ops)
    convert_columns(context, quoting, upgrade_ops)
    dropped = dropped_columns(context, upgrade_ops)
    after = [
        _create(quoting, type_, is_dropped=True)
        for type_ in gone
        if not any(_remains(use, dropped) for use in uses[type_.name])
    ]
    upgrade_ops.ops[:] = [*before, *upgrade_ops.ops, *after]


def _wanted(context: AutogenContext) -> dict[TypeName, tuple[str, ...]]:
    """Return the labels of the models' enums.

    :raises CommandError: a type has two lists of labels.
    """
    found: dict[TypeName, tuple[str, ...]] = {}
    places: dict[TypeName, str] = {}
    for place, enum in enums_of_models(context):
        name, labels = name_of(context, enum), tuple(enum.enums)
        if found.setdefault(name, labels) != labels:
            raise CommandError(
                f"The enum '{shown(name)}' has different labels in '{places[name]}' and '{place}'\n\n"
                "hint: give both columns the same type, or the types different names"
            )
        places.setdefault(name, place)
    return found


def _renamed(
    request: Request,
    types: Mapping[TypeName, EnumType],
    wanted: Mapping[TypeName, Sequence[str]],
    default: str | None,
) -> dict[TypeName, dict[str, str]]:
    """Return the new names of labels, by type and old name."""
    found: dict[TypeName, dict[str, str]] = {}
    for one in request.labels:
        name = (None if one.schema == default else one.schema, one.type)
        problem = None
        if name not in types or one.old not in types[name].labels:
            what = "has no enum" if name not in types else f"has no label '{one.old}' of the enum"
            problem = f"the database {what} '{shown(name)}'"
        elif one.new not in wanted.get(name, ()) or one.old in wanted[name]:
            problem = f"the models do not have '{one.new}' in place of '{one.old}'"
        elif one.new in types[name].labels or one.new in found.get(name, {}).values():
            problem = f"'{one.new}' is a label already"
        else:
            found.setdefault(name, {})[one.old] = one.new
        error = CommandError(f"Cannot rename '{one.text}': {problem}") if problem else None
        request.note(one, error)
    return found


def shown(name: TypeName) -> str:
    """Return the name of a type for a message."""
    return ".".join(filter(None, name))


def _create(quoting: Quoting, type_: EnumType, *, is_dropped: bool = False) -> EnumStatementsOp:
    """Return the operation that creates a type, or drops it."""
    create = Statements(tuple(map(executable, create_type(quoting, type_, type_.labels))))
    drop = Statements((executable(f"DROP TYPE {quoting.name(*type_.name)}"),))
    if is_dropped:
        log.info("Detected removed enum %r", shown(type_.name))
        return EnumStatementsOp("remove_enum", shown(type_.name), drop, create)
    log.info("Detected added enum %r", shown(type_.name))
    return EnumStatementsOp("add_enum", shown(type_.name), create, drop)


def _change(
    quoting: Quoting,
    type_: EnumType,
    difference: Difference,
    uses: Sequence[Use],
    new_defaults: Mapping[Place, str],
) -> Iterator[EnumStatementsOp]:
    """Yield the operations that give a type the labels of the models."""
    name = shown(type_.name)
    if difference.needs_rebuild:
        log.info(
            "Detected changed enum %r, from %r to %r: the type is made again, and %d table(s) are rewritten",
            name,
            difference.old,
            difference.new,
            rewritten_tables(uses),
        )
        yield EnumStatementsOp(
            "rebuild_enum",
            name,
            Statements(
                tuple(rebuild(quoting, type_, uses, difference.new, new_defaults)),
                remark=_remark(difference.removed),
            ),
            _rebuild_back(quoting, type_, difference, uses),
        )
    elif difference.added:
        added = difference.added
        log.info("Detected added label(s) %r of enum %r", [one.label for one in added], name)
        yield EnumStatementsOp(
            "add_enum_labels",
            name,
            # In a transaction, nothing could use the new label until the commit, and Alembic runs all revisions in one:
            # neither a default of this revision nor an UPDATE of the next.
            Statements(
                tuple(executable(_add_value(quoting, type_, one)) for one in added), autocommit=True
            ),
            _rebuild_back(quoting, type_, difference, uses),
        )
    for old, new in difference.renamed.items():
        log.info("Detected renamed label %r of enum %r, now %r", old, name, new)
        yield EnumStatementsOp(
            "rename_enum_label",
            name,
            Statements((executable(_rename_value(quoting, type_, old, new)),)),
            Statements((executable(_rename_value(quoting, type_, new, old)),)),
        )


def _renamed_defaults(difference: Difference, uses: Iterable[Use]) -> dict[Place, str]:
    """Return the values of defaults that follow the renames of their labels."""
    found: dict[Place, str] = {}
    for use in uses:
        value = literal_of(use.definition) if use.kind == "column" and use.definition else None
        if value is None:
            continue
        if use.is_array:
            items = array_items(value)
            renamed = [difference.renamed.get(item, item) for item in items]
            new = value if renamed == items else array_text(renamed)
        else:
            new = difference.renamed.get(value, value)
        if new != value:
            found[use.schema, use.relation, use.name] = new
    return found


def _rebuild_back(
    quoting: Quoting, type_: EnumType, difference: Difference, uses: Sequence[Use]
) -> Statements:
    """Return the statements that give a type its old labels, as PostgreSQL cannot remove one otherwise."""
    if any(use.kind == "other" for use in uses):
        others = ", ".join(use.name for use in uses if use.kind == "other")
        log.warning(
            "downgrade() leaves the new labels of enum %r, which is used by %s",
            shown(type_.name),
            others,
        )
        return Statements((), remark=f"The labels stay, as the type is used by {others}.")
    removed = [label for label in difference.new if label not in difference.old]
    return Statements(tuple(rebuild(quoting, type_, uses, difference.old)), remark=_remark(removed))


def _remark(removed: Sequence[str]) -> str:
    if not removed:
        return ""
    return f"Change rows that have {', '.join(map(repr, removed))} before: the type has no such label afterwards."


def _add_value(quoting: Quoting, type_: EnumType, added: Added) -> str:
    place = ""
    if added.before is not None:
        place = f" BEFORE {literal(added.before)}"
    elif added.after is not None:
        place = f" AFTER {literal(added.after)}"
    # The label is committed: a revision that fails afterwards can be run again.
    return f"ALTER TYPE {quoting.name(*type_.name)} ADD VALUE IF NOT EXISTS {literal(added.label)}{place}"


def _rename_value(quoting: Quoting, type_: EnumType, old: str, new: str) -> str:
    return f"ALTER TYPE {quoting.name(*type_.name)} RENAME VALUE {literal(old)} TO {literal(new)}"


def _remains(use: Use, dropped: Iterable[tuple[Any, ...]]) -> bool:
    """Return whether a type is still used after the revision."""
    if use.kind in ("view", "other"):
        return True
    place = (use.schema, use.relation)
    return place not in dropped and (
        use.kind in ("column", "default") and (*place, use.name) not in dropped
    )
