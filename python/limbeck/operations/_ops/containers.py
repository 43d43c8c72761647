"""Operations that hold other operations: one table's, one direction's, one script's."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from limbeck.operations._ops.core import MigrateOperation

if TYPE_CHECKING:
    from limbeck.script.revision import _RevIdType


def _spelled(path: str | os.PathLike[str]) -> str:
    from pathlib import Path  # migrations run without it

    return Path(path).as_posix()


class OpContainer(MigrateOperation):
    """A sequence of operations, itself an operation."""

    def __init__(self, ops: Sequence[MigrateOperation] = ()) -> None:
        self.ops = list(ops)

    def is_empty(self) -> bool:
        """Return whether there is nothing in the container at all."""
        return not self.ops

    def as_diffs(self) -> Any:
        """Return the contents in the tuple form of `compare_metadata()`.

        Containers inside are opened; an altered column contributes a list of its own.
        """
        return list(_diffs_of(self))

    @classmethod
    def _ops_as_diffs(cls, migrations: OpContainer) -> Iterator[tuple[Any, ...]]:
        return _diffs_of(migrations)


def _diffs_of(container: OpContainer) -> Iterator[tuple[Any, ...]]:
    # A stack of iterators in place of recursion: containers may be nested to any depth.
    pending = [iter(container.ops)]
    while pending:
        operation = next(pending[-1], None)
        if operation is None:
            pending.pop()
        elif isinstance(operation, OpContainer):
            pending.append(iter(operation.ops))
        else:
            yield operation.to_diff_tuple()


def _undone(ops: Sequence[MigrateOperation]) -> list[MigrateOperation]:
    """Undo the last first."""
    return [operation.reverse() for operation in reversed(ops)]


class ModifyTableOps(OpContainer):
    """The operations that all change the same table."""

    def __init__(
        self, table_name: str, ops: Sequence[MigrateOperation], *, schema: str | None = None
    ) -> None:
        super().__init__(ops)
        self.table_name = table_name
        self.schema = schema

    def reverse(self) -> ModifyTableOps:
        return ModifyTableOps(self.table_name, _undone(self.ops), schema=self.schema)


class UpgradeOps(OpContainer):
    """What an `upgrade()` function consists of; `upgrade_token` is its name in the template."""

    def __init__(
        self, ops: Sequence[MigrateOperation] = (), upgrade_token: str = "upgrades"
    ) -> None:
        super().__init__(ops)
        self.upgrade_token = upgrade_token

    def reverse_into(self, downgrade_ops: DowngradeOps) -> DowngradeOps:
        """Replace what is in `downgrade_ops` by the undoing of these operations."""
        downgrade_ops.ops[:] = _undone(self.ops)
        return downgrade_ops

    def reverse(self) -> DowngradeOps:
        return self.reverse_into(DowngradeOps())


class DowngradeOps(OpContainer):
    """What a `downgrade()` function consists of; `downgrade_token` is its name in the template."""

    def __init__(
        self, ops: Sequence[MigrateOperation] = (), downgrade_token: str = "downgrades"
    ) -> None:
        super().__init__(ops)
        self.downgrade_token = downgrade_token

    def reverse(self) -> UpgradeOps:
        return UpgradeOps(_undone(self.ops))


_Direction = TypeVar("_Direction", UpgradeOps, DowngradeOps)


def _as_list(kind: type[_Direction], parameter: str, given: Any) -> list[_Direction]:
    members = list(given) if isinstance(given, Iterable) else [given]
    for member in members:
        if not isinstance(member, kind):
            raise TypeError(
                f"{parameter} takes {kind.__name__} objects, "
                f"one or a sequence of them; got {type(member).__name__}"
            )
    return members


def _single(members: Sequence[_Direction], kind: str, attribute: str) -> _Direction | None:
    if len(members) > 1:
        raise ValueError(
            f"This MigrationScript instance has a multiple-entry list for {kind}; "
            f"please use the {attribute} attribute."
        )
    return members[0] if members else None


class MigrationScript(MigrateOperation):
    """One revision file about to be written.

    `process_revision_directives` hooks receive a list of these and may change or replace them.
    `upgrade_ops` and `downgrade_ops` take one container, or a list of several as multi-database
    environments have; the `…_list` attributes always show the list.
    """

    def __init__(
        self,
        rev_id: str | None,
        upgrade_ops: UpgradeOps,
        downgrade_ops: DowngradeOps,
        *,
        message: str | None = None,
        imports: set[str] | None = None,
        head: str | None = None,
        splice: bool | None = None,
        branch_label: _RevIdType | None = None,
        version_path: str | os.PathLike[str] | None = None,
        depends_on: _RevIdType | None = None,
    ) -> None:
        self.rev_id = rev_id
        self.message = message
        # Each script has its own set: what one script imports is no other's business.
        self.imports = set() if imports is None else imports
        self.head = head
        self.splice = splice
        self.branch_label = branch_label
        self.version_path = _spelled(version_path) if version_path else None
        self.depends_on = depends_on
        self.upgrade_ops = upgrade_ops
        self.downgrade_ops = downgrade_ops

    @property
    def upgrade_ops(self) -> UpgradeOps | None:
        """The one `UpgradeOps`, or None; raises ValueError where there are several."""
        return _single(self._upgrade_ops, "UpgradeOps", "upgrade_ops_list")

    @upgrade_ops.setter
    def upgrade_ops(self, upgrade_ops: UpgradeOps | Sequence[UpgradeOps]) -> None:
        self._upgrade_ops = _as_list(UpgradeOps, "upgrade_ops", upgrade_ops)

    @property
    def downgrade_ops(self) -> DowngradeOps | None:
        """The one `DowngradeOps`, or None; raises ValueError where there are several."""
        return _single(self._downgrade_ops, "DowngradeOps", "downgrade_ops_list")

    @downgrade_ops.setter
    def downgrade_ops(self, downgrade_ops: DowngradeOps | Sequence[DowngradeOps]) -> None:
        self._downgrade_ops = _as_list(DowngradeOps, "downgrade_ops", downgrade_ops)

    @property
    def upgrade_ops_list(self) -> list[UpgradeOps]:
        """Every `UpgradeOps` of the script."""
        return self._upgrade_ops

    @property
    def downgrade_ops_list(self) -> list[DowngradeOps]:
        """Every `DowngradeOps` of the script."""
        return self._downgrade_ops
