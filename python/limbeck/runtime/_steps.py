"""The steps of a run: a revision up or down, or one transition of a stamp.

The engine plans each step's transition of the version table. The methods here expose it under Alembic's names.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, cast

from limbeck import _core
from limbeck.runtime._transitions import PlannedTransitions, Transition
from limbeck.util.langhelpers import to_tuple
from limbeck.util.messaging import format_as_comma

if TYPE_CHECKING:
    from limbeck.script.base import Script
    from limbeck.script.revision import Revision, RevisionMap

_Ids = tuple[str, ...]


#: The module name of the classes in tracebacks and pickles.
_SHOWN_IN = "alembic.runtime.migration"


class MigrationInfo:
    """Describes a step to the `on_version_apply` functions.

    :param revision_map: resolves the identifiers.
    :param is_upgrade: the step is an upgrade.
    :param is_stamp: the step only changed the version table.
    :param up_revisions: the identifiers of the newer end.
    :param down_revisions: the identifiers of the older end.
    """

    __module__ = _SHOWN_IN

    is_upgrade: bool
    is_stamp: bool
    up_revision_id: str | None
    up_revision_ids: _Ids
    down_revision_ids: _Ids
    revision_map: RevisionMap

    def __init__(
        self,
        revision_map: RevisionMap,
        is_upgrade: bool,
        is_stamp: bool,
        up_revisions: str | _Ids,
        down_revisions: str | _Ids,
    ) -> None:
        self.revision_map = revision_map
        self.is_upgrade = is_upgrade
        self.is_stamp = is_stamp
        self.up_revision_ids = to_tuple(up_revisions, default=())
        self.up_revision_id = self.up_revision_ids[0] if self.up_revision_ids else None
        self.down_revision_ids = to_tuple(down_revisions, default=())

    @property
    def is_migration(self) -> bool:
        """Whether a revision was run."""
        return not self.is_stamp

    @property
    def source_revision_ids(self) -> _Ids:
        """The identifiers before the step."""
        return self.down_revision_ids if self.is_upgrade else self.up_revision_ids

    @property
    def destination_revision_ids(self) -> _Ids:
        """The identifiers after the step."""
        return self.up_revision_ids if self.is_upgrade else self.down_revision_ids

    @property
    def up_revision(self) -> Revision | None:
        """The revision of the newer end."""
        return self.revision_map.get_revision(self.up_revision_id)

    @property
    def up_revisions(self) -> tuple[Revision | None, ...]:
        """The revisions of the newer end."""
        return self.revision_map.get_revisions(self.up_revision_ids)

    @property
    def down_revisions(self) -> tuple[Revision | None, ...]:
        """The revisions of the older end."""
        return self.revision_map.get_revisions(self.down_revision_ids)

    @property
    def source_revisions(self) -> tuple[Revision | None, ...]:
        """The revisions before the step."""
        return self.revision_map.get_revisions(self.source_revision_ids)

    @property
    def destination_revisions(self) -> tuple[Revision | None, ...]:
        """The revisions after the step."""
        return self.revision_map.get_revisions(self.destination_revision_ids)


class MigrationStep:
    """One step of a run."""

    __module__ = _SHOWN_IN

    from_revisions_no_deps: _Ids
    to_revisions_no_deps: _Ids
    is_upgrade: bool
    migration_fn: Callable[..., Any]

    if TYPE_CHECKING:

        @property
        def doc(self) -> str | None:
            """The description of the revision."""

    #: The transitions of the plan, and the index of this step; `None` for a step without a plan.
    _planned: tuple[PlannedTransitions, int] | None = None

    def _change(self, heads: AbstractSet[str]) -> Transition:
        """Return the transition of the step.

        :param heads: the rows of the version table.
        :raises CommandError: if the transition is ambiguous.
        """
        if self._planned is not None:
            changes, place = self._planned
            change = changes.take(place, heads)
            if change is not None:
                return change
        return self._decide(heads)

    def _decide(self, heads: AbstractSet[str]) -> Transition:
        raise NotImplementedError

    @property
    def name(self) -> str:
        """The name of the function: `upgrade`, `downgrade` or `stamp_revision`."""
        return self.migration_fn.__name__

    @classmethod
    def upgrade_from_script(cls, revision_map: RevisionMap, script: Script) -> RevisionStep:
        """Return the step that upgrades to a revision."""
        return RevisionStep(revision_map, script, True)

    @classmethod
    def downgrade_from_script(cls, revision_map: RevisionMap, script: Script) -> RevisionStep:
        """Return the step that downgrades a revision."""
        return RevisionStep(revision_map, script, False)

    @property
    def is_downgrade(self) -> bool:
        """Whether the step is a downgrade."""
        return not self.is_upgrade

    @property
    def short_log(self) -> str:
        """The function, and the revisions before and after the step."""
        ends = (self.from_revisions_no_deps, self.to_revisions_no_deps)
        return f"{self.name} {' -> '.join(map(format_as_comma, ends))}"

    def __str__(self) -> str:
        return f"{self.short_log}, {self.doc}" if self.doc else self.short_log


def _ledger(revision_map: RevisionMap) -> _core.Ledger:
    """Return the ledger of a map's graph, which caches results from step to step."""
    graph = revision_map._graph
    known: tuple[Any, _core.Ledger] | None = revision_map.__dict__.get("_ledger")
    if known is None or known[0] is not graph:
        known = (graph, _core.Ledger(graph))
        revision_map.__dict__["_ledger"] = known
    return known[1]


class RevisionStep(MigrationStep):
    """A revision that is upgraded or downgraded.

    :param revision_map: the map of the revision.
    :param revision: the revision; its file is imported now.
    :param is_upgrade: the direction.
    """

    __module__ = _SHOWN_IN

    def __init__(self, revision_map: RevisionMap, revision: Script, is_upgrade: bool) -> None:
        self.revision_map = revision_map
        self.revision = revision
        self.is_upgrade = is_upgrade
        module = revision.module
        self.migration_fn = module.upgrade if is_upgrade else module.downgrade

    def __repr__(self) -> str:
        return f"RevisionStep({self.revision.revision!r}, is_upgrade={self.is_upgrade!r})"

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, RevisionStep)
            and other.revision == self.revision
            and other.is_upgrade == self.is_upgrade
        )

    __hash__ = None  # type: ignore[assignment] # equal by value, as in Alembic

    @property
    def doc(self) -> str | None:
        """The first line of the revision file's docstring."""
        return self.revision.doc

    # -- ends

    def _ends(self, below: _Ids) -> tuple[_Ids, _Ids]:
        here = (self.revision.revision,)
        return (below, here) if self.is_upgrade else (here, below)

    @property
    def from_revisions(self) -> _Ids:
        """The identifiers before the step, including dependencies."""
        return self._ends(self.revision._normalized_down_revisions)[0]

    @property
    def to_revisions(self) -> _Ids:
        """The identifiers after the step, including dependencies."""
        return self._ends(self.revision._normalized_down_revisions)[1]

    @property
    def from_revisions_no_deps(self) -> _Ids:  # type: ignore[override] # read only here
        """The identifiers before the step."""
        return self._ends(self.revision._versioned_down_revisions)[0]

    @property
    def to_revisions_no_deps(self) -> _Ids:  # type: ignore[override] # read only here
        """The identifiers after the step."""
        return self._ends(self.revision._versioned_down_revisions)[1]

    @property
    def delete_version_num(self) -> str:
        """The row that is deleted when a branch ends."""
        return self.revision.revision

    @property
    def insert_version_num(self) -> str:
        """The row that is inserted when a branch begins."""
        return self.revision.revision

    @property
    def info(self) -> MigrationInfo:
        """The description for `on_version_apply`."""
        return MigrationInfo(
            self.revision_map,
            self.is_upgrade,
            False,
            self.revision.revision,
            self.revision._normalized_down_revisions,
        )

    # -- the transition

    @property
    def _number(self) -> int:
        return cast(int, self.revision_map._graph.index(self.revision.revision))

    def _decide(self, heads: AbstractSet[str]) -> Transition:
        ledger = _ledger(self.revision_map)
        return Transition(*ledger.change(self._number, self.is_upgrade, list(heads)))

    def _present(self, heads: Collection[str]) -> list[str]:
        """Return the parents and dependencies that are rows of the version table."""
        return [id_ for id_ in self.revision._normalized_down_revisions if id_ in heads]

    def _unmerge_to_revisions(self, heads: set[str]) -> _Ids:
        return tuple(_ledger(self.revision_map).unmerged(self._number, list(heads)))

    def should_delete_branch(self, heads: set[str]) -> bool:
        """Return whether the step ends a branch."""
        return (
            self.is_downgrade
            and self.revision.revision in heads
            and not self._unmerge_to_revisions(heads)
        )

    def should_create_branch(self, heads: set[str]) -> bool:
        """Return whether the step begins a branch."""
        return self.is_upgrade and not self._present(heads)

    def should_merge_branches(self, heads: set[str]) -> bool:
        """Return whether the step merges branches."""
        return self.is_upgrade and len(self._present(heads)) > 1

    def should_unmerge_branches(self, heads: set[str]) -> bool:
        """Return whether the step reverts a merge."""
        merges = len(self.revision._normalized_down_revisions) > 1
        return self.is_downgrade and merges and self.revision.revision in heads

    def merge_branch_idents(self, heads: set[str]) -> tuple[list[str], str, str]:
        """Return, for a merge, the rows to delete, and the old and new value of the updated row."""
        *deletes, from_ = _ledger(self.revision_map).merged(self._number, list(heads))
        return deletes, from_, self.to_revisions[0]

    def unmerge_branch_idents(self, heads: set[str]) -> tuple[str, str, _Ids]:
        """Return, for a reverted merge, the old and new value of the updated row, and the rows to insert."""
        *inserts, to_ = self._unmerge_to_revisions(heads)
        return self.from_revisions[0], to_, tuple(inserts)

    def update_version_num(self, heads: set[str]) -> tuple[str, str]:
        """Return, for a step on a branch, the old and new value of the updated row."""
        below = self.revision._normalized_down_revisions
        if len(below) != 1:
            below = tuple(self._present(heads))
            assert len(below) == 1, "Can't do an UPDATE because downrevision is ambiguous"
        from_, to_ = self._ends(below)
        return from_[0], to_[0]


class StampStep(MigrationStep):
    """A change of the version table without running a revision.

    :param from_: the rows before.
    :param to_: the rows after.
    :param is_upgrade: the rows after are newer.
    :param branch_move: a branch begins or ends.
    :param revision_map: resolves the identifiers, for `on_version_apply`.
    """

    __module__ = _SHOWN_IN

    doc: str | None = None

    def __init__(
        self,
        from_: str | Collection[str] | None,
        to_: str | Collection[str] | None,
        is_upgrade: bool,
        branch_move: bool,
        revision_map: RevisionMap | None = None,
    ) -> None:
        self.from_: _Ids = to_tuple(from_, default=())
        self.to_: _Ids = to_tuple(to_, default=())
        self.is_upgrade = is_upgrade
        self.branch_move = branch_move
        self.migration_fn = self.stamp_revision
        self.revision_map = revision_map

    def stamp_revision(self, **kw: Any) -> None:
        """Do nothing."""

    def _all(self) -> tuple[Any, ...]:
        return self.from_revisions, self.to_revisions, self.branch_move, self.is_upgrade

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StampStep) and other._all() == self._all()

    __hash__ = None  # type: ignore[assignment] # equal by value, as in Alembic

    @property
    def from_revisions(self) -> _Ids:
        """The rows before the step."""
        return self.from_

    @property
    def to_revisions(self) -> _Ids:
        """The rows after the step."""
        return self.to_

    @property
    def from_revisions_no_deps(self) -> _Ids:  # type: ignore[override] # read only here
        """The rows before the step."""
        return self.from_

    @property
    def to_revisions_no_deps(self) -> _Ids:  # type: ignore[override] # read only here
        """The rows after the step."""
        return self.to_

    @property
    def delete_version_num(self) -> str:
        """The row that is deleted when a branch ends."""
        (row,) = self.from_
        return row

    @property
    def insert_version_num(self) -> str:
        """The row that is inserted when a branch begins."""
        (row,) = self.to_
        return row

    @property
    def info(self) -> MigrationInfo:
        """The description for `on_version_apply`."""
        up, down = (self.to_, self.from_) if self.is_upgrade else (self.from_, self.to_)
        assert self.revision_map is not None
        return MigrationInfo(self.revision_map, self.is_upgrade, True, up, down)

    def _decide(self, heads: AbstractSet[str]) -> Transition:
        change = _core.stamp_change(
            self.from_, self.to_, self.is_upgrade, self.branch_move, list(heads)
        )
        return Transition(*change)

    def should_delete_branch(self, heads: set[str]) -> bool:
        """Return whether the step ends a branch."""
        return self.is_downgrade and self.branch_move

    def should_create_branch(self, heads: set[str]) -> bool:
        """Return whether the step begins a branch."""
        return self.is_upgrade and (self.branch_move or bool(set(self.from_).difference(heads)))

    def should_merge_branches(self, heads: set[str]) -> bool:
        """Return whether the step merges branches."""
        return len(self.from_) > 1

    def should_unmerge_branches(self, heads: set[str]) -> bool:
        """Return whether the step reverts a merge."""
        return len(self.to_) > 1

    def merge_branch_idents(self, heads: set[str] | list[str]) -> tuple[list[str], str, str]:
        """Return, for a merge, the rows to delete, and the old and new value of the updated row."""
        *deletes, from_ = self.from_
        return deletes, from_, self.to_[0]

    def unmerge_branch_idents(self, heads: set[str]) -> tuple[str, str, list[str]]:
        """Return, for a reverted merge, the old and new value of the updated row, and the rows to insert."""
        *inserts, to_ = self.to_
        return self.from_[0], to_, inserts

    def update_version_num(self, heads: set[str]) -> tuple[str, str]:
        """Return, for a step on a branch, the old and new value of the updated row."""
        (from_,), (to_,) = self.from_, self.to_
        return from_, to_
