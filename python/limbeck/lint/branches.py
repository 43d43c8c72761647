"""Finds revisions of two branches that change the same table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from limbeck.lint.rule import Problem
from limbeck.lint.step import DDL, REBUILT, Occurrence, Step

if TYPE_CHECKING:
    from limbeck.script._script import Script

#: The changes of rows, whose result may depend on a change of the schema.
_ROWS = ("delete", "insert", "update")


class _Touch(NamedTuple):
    """A change of a table by a revision."""

    revision: Script
    step: Step
    at: Occurrence
    is_ddl: bool


def find(
    ordered: Sequence[Script], checked: Sequence[tuple[Script, Step]]
) -> Iterator[tuple[Script, Step, Problem]]:
    """Yield a problem for each table that two revisions change in no certain order.

    :param ordered: all revisions, parents first.
    :param checked: the revisions in question, in this order, with their upgrades.
    """
    numbers = {script.revision: number for number, script in enumerate(ordered)}
    ancestors = _ancestors(ordered)
    touches: dict[str, list[_Touch]] = {}
    for revision, step in checked:
        number = numbers[revision.revision]
        for table, touch in _touched(revision, step).items():
            for other in touches.setdefault(table, []):
                other_number = numbers[other.revision.revision]
                is_ordered = ancestors[number] >> other_number & 1
                # Without a common ancestor, they are alternatives, or of databases of their own.
                are_branches = ancestors[number] & ancestors[other_number]
                if is_ordered or not are_branches or not (touch.is_ddl or other.is_ddl):
                    continue
                message = (
                    f"changes {table}, as {other.revision.revision} of another branch does: "
                    "nothing says which of them runs first"
                )
                yield revision, step, Problem(message, touch.at)
                break
            touches[table].append(touch)


def _ancestors(ordered: Sequence[Script]) -> list[int]:
    """Return the ancestors of each revision as the bits of an integer, which takes less memory than a set.

    Bit `n` is set if the revision `ordered[n]` is an ancestor.
    """
    found: list[int] = []
    numbers: dict[str, int] = {}
    for number, script in enumerate(ordered):
        numbers[script.revision] = number
        bits = 0
        for parent in script._all_down_revisions:
            bits |= found[numbers[parent]] | 1 << numbers[parent]
        found.append(bits)
    return found


def _touched(revision: Script, step: Step) -> dict[str, _Touch]:
    """Return the tables that a revision changes, each with its first DDL, or without DDL its first change."""
    found: dict[str, _Touch] = {}
    for at in step.occurrences:
        is_ddl = at.change.kind in DDL
        if not is_ddl and at.change.kind not in _ROWS:
            continue
        for name in (
            at.table_name,
            at.change.new_name if at.change.kind == "rename_table" else None,
        ):
            if name is None:
                continue
            table = name.removeprefix(REBUILT)
            if table not in found or (is_ddl and not found[table].is_ddl):
                found[table] = _Touch(revision, step, at, is_ddl)
    return found
