"""Compares what two chains of revisions make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from limbeck.snapshot import Snapshot, compare
from limbeck.squashing.contents import Rows, compare_rows, read_rows
from limbeck.squashing.states import on_scratch
from limbeck.squashing.trial import snapshot_of
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.config import Config
    from limbeck.runtime.migration import MigrationContext
    from limbeck.script.base import ScriptDirectory


class _Made(NamedTuple):
    """What a chain makes.

    :ivar snapshot: the catalog.
    :ivar rows: the rows of each table.
    """

    snapshot: Snapshot
    rows: Mapping[str, Rows]


def compare_chains(
    config: Config,
    old: ScriptDirectory,
    new: ScriptDirectory,
    targets: Sequence[str] = ("heads",),
    *,
    with_rows: bool = True,
) -> tuple[str, ...]:
    """Check that two chains make the same of an empty database: the catalog and the rows.

    Columns whose values differ between two runs of the old chain, such as the time of the run, are not compared.

    :param config: the configuration.
    :param old: the script directory with the old chain.
    :param new: that with the new one.
    :param targets: the targets to upgrade to, which both have.
    :param with_rows: whether the rows are compared.
    :return: the columns that were not compared, as `table.column`.
    :raises CommandError: they do not make the same; the message lists every difference.
    """

    def made_by(script: ScriptDirectory) -> _Made:
        return on_scratch(config, script, targets, lambda context: _read(context, with_rows))

    before, after = made_by(old), made_by(new)
    differences = [str(difference) for difference in compare(before.snapshot, after.snapshot)]
    rows = compare_rows(before.rows, after.rows, lambda: made_by(old).rows)
    differences += rows.differences
    if differences:
        lines = "".join(f"\n  {difference}" for difference in differences)
        raise CommandError(f"The new revision does not make what the old ones make:{lines}")
    return rows.ignored


def _read(context: MigrationContext, with_rows: bool) -> _Made:
    assert context.connection is not None, "an online context has one"
    snapshot = snapshot_of(context)
    return _Made(snapshot, read_rows(context.connection, snapshot) if with_rows else {})
