"""Finds the order of steps, and the source of each, by trying them on scratch databases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from limbeck.snapshot import Difference, Snapshot, compare, take
from limbeck.snapshot.types import Object
from limbeck.squashing.source import run
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.runtime.migration import MigrationContext

#: Calls a function with the context of a scratch database that is as before the range.
OnScratch: TypeAlias = "Callable[[Callable[[MigrationContext], Snapshot]], Snapshot]"
HINT = "hint: use --mode concat"


@dataclass(eq=False)
class Step:
    """A part of the body.

    :ivar object: what it makes, changes or drops; a table stands for everything of it that no other step has.
    :ivar up: the sources for `upgrade()`, of which the first that works is used.
    :ivar down: the source for `downgrade()`.
    :ivar chosen: which of `up` is used.
    """

    object: Object
    up: tuple[str, ...]
    down: str
    chosen: int = 0

    @property
    def source(self) -> str:
        """The source that is used."""
        return self.up[self.chosen]

    def choose_next(self) -> bool:
        """Use the next source, and return whether there is one."""
        if self.chosen + 1 == len(self.up):
            return False
        self.chosen += 1
        return True


def choose(
    steps: Sequence[Step], wanted: Snapshot, imports: Sequence[str], on_scratch: OnScratch
) -> list[Step]:
    """Choose the source of each step, and return the steps in an order in which they work.

    :param steps: the steps.
    :param wanted: the catalog that they have to make.
    :param imports: the import lines of the sources.
    :param on_scratch: runs a function on a scratch database that is as before the range.
    :raises CommandError: they cannot make it; the message lists every difference.
    """
    while True:
        ordered: list[Step] = []

        def attempt(context: MigrationContext, ordered: list[Step] = ordered) -> Snapshot:
            ordered += _run_in_order(steps, imports, context)
            return snapshot_of(context)

        differences = list(compare(wanted, on_scratch(attempt)))
        if not differences:
            return ordered
        if not _choose_next(_causes(steps, differences)):
            raise CommandError(refusal(map(str, differences)))


def snapshot_of(context: MigrationContext) -> Snapshot:
    """Return the catalog without the version table."""
    assert context.connection is not None, "an online context has one"
    return take(context.connection, (context.version_table,))


def refusal(reasons: Sequence[str] | map[str]) -> str:
    """Return the message for what cannot be written.

    :param reasons: what, each on one line.
    """
    lines = "".join(f"\n  {reason}" for reason in reasons)
    return f"Not everything that the revisions make can be written as operations:{lines}\n\n{HINT}"


def _run_in_order(
    steps: Sequence[Step], imports: Sequence[str], context: MigrationContext
) -> list[Step]:
    """Run steps, each as soon as what it needs is there, and return them in this order."""
    ordered: list[Step] = []
    pending = list(steps)
    while pending:
        failed: list[tuple[Step, Exception]] = []
        for step in pending:
            error = _failure(step.source, imports, context)
            if error is None:
                ordered.append(step)
            else:
                failed.append((step, error))
        if len(failed) == len(pending) and not _choose_next(pending):
            reasons = [f"{step.object}: {first_line(error)}" for step, error in failed]
            raise CommandError(refusal(reasons))
        pending = [step for step, _ in failed]
    return ordered


def _choose_next(steps: Sequence[Step]) -> int:
    """Use the next source of each step that has one, and return how many have."""
    return sum(step.choose_next() for step in steps)


def _failure(source: str, imports: Sequence[str], context: MigrationContext) -> Exception | None:
    connection = context.connection
    assert connection is not None, "an online context has one"
    # The others commit with each statement of DDL, or keep what was there when a statement fails.
    has_savepoints = context.dialect.name == "postgresql"
    try:
        with connection.begin_nested() if has_savepoints else nullcontext():
            run(source, imports, context)
    except Exception as error:  # noqa: BLE001 - of the database or of SQLAlchemy's compiler
        return error
    return None


def first_line(error: Exception) -> str:
    """Return the first line of an error's message, without the statement."""
    return str(getattr(error, "orig", None) or error).strip().partition("\n")[0]


def _causes(steps: Sequence[Step], differences: Sequence[Difference]) -> list[Step]:
    """Return the steps that make what differs."""
    by_object = {step.object: step for step in steps}
    found: dict[Object, Step] = {}
    for difference in differences:
        name = difference.object
        step = by_object.get(name) or by_object.get(Object(name.table, "table"))
        if step is not None:
            found[step.object] = step
    return list(found.values())
