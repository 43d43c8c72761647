"""Operations that contain other operations: those of a table, a direction or a script."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from limbeck.operations._ops.core import MigrateOperation

if TYPE_CHECKING:
    from limbeck.script.revision import _RevIdType


def _as_posix(path: str | os.PathLike[str]) -> str:
    from pathlib import Path  # imported here for start-up time: upgrades do not need it

    return Path(path).as_posix()


class OpContainer(MigrateOperation):
    """A sequence of operations, itself an operation."""

    def __init__(self, ops: Sequence[MigrateOperation] = ()) -> None:
        self.ops = list(ops)

    def is_empty(self) -> bool:
        """Tell whether the container has no operations."""
        return not self.ops

    def as_diffs(self) -> Any:
        """Return the operations as tuples, as `compare_metadata()` does.

        Nested containers are flattened. An `AlterColumnOp` gives a list of tuples.
        """
        return list(_iterate_diffs(self))

    @classmethod
    def _ops_as_diffs(cls, migrations: OpContainer) -> Iterator[tuple[Any, ...]]:
        return _iterate_diffs(migrations)


def _iterate_diffs(container: OpContainer) -> Iterator[tuple[Any, ...]]:
    # A stack instead of recursion, as containers may be nested to any depth.
    pending = [iter(container.ops)]
    while pending:
        operation = next(pending[-1], None)
        if operation is None:
            pending.pop()
        elif isinstance(operation, OpContainer):
            pending.append(iter(operation.ops))
        else:
            yield operation.to_diff_tuple()


def _reverse_all(ops: Sequence[MigrateOperation]) -> list[MigrateOperation]:
    """Return the reversals of operations, in reverse order."""
    return [operation.reverse() for operation in reversed(ops)]


class ModifyTableOps(OpContainer):
    """Operations that change the same table."""

    def __init__(
        self, table_name: str, ops: Sequence[MigrateOperation], *, schema: str | None = None
    ) -> None:
        super().__init__(ops)
        self.table_name = table_name
        self.schema = schema

    def reverse(self) -> ModifyTableOps:
        return ModifyTableOps(self.table_name, _reverse_all(self.ops), schema=self.schema)


class UpgradeOps(OpContainer):
    """The operations of an `upgrade()` function; `upgrade_token` is their name in the template."""

    def __init__(
        self, ops: Sequence[MigrateOperation] = (), upgrade_token: str = "upgrades"
    ) -> None:
        super().__init__(ops)
        self.upgrade_token = upgrade_token

    def reverse_into(self, downgrade_ops: DowngradeOps) -> DowngradeOps:
        """Replace the operations in `downgrade_ops` by the reversals of these operations."""
        downgrade_ops.ops[:] = _reverse_all(self.ops)
        return downgrade_ops

    def reverse(self) -> DowngradeOps:
        return self.reverse_into(DowngradeOps())


class DowngradeOps(OpContainer):
    """The operations of `downgrade()`; `downgrade_token` is their name in the template."""

    def __init__(
        self, ops: Sequence[MigrateOperation] = (), downgrade_token: str = "downgrades"
    ) -> None:
        super().__init__(ops)
        self.downgrade_token = downgrade_token

    def reverse(self) -> UpgradeOps:
        return UpgradeOps(_reverse_all(self.ops))


_Direction = TypeVar("_Direction", UpgradeOps, DowngradeOps)


def _as_list(container_class: type[_Direction], parameter: str, value: Any) -> list[_Direction]:
    containers = list(value) if isinstance(value, Iterable) else [value]
    for container in containers:
        if not isinstance(container, container_class):
            raise TypeError(
                f"{parameter} takes {container_class.__name__} objects, "
                f"one or a sequence of them; got {type(container).__name__}"
            )
    return containers


def _single(
    containers: Sequence[_Direction], class_name: str, list_attribute: str
) -> _Direction | None:
    if len(containers) > 1:
        raise ValueError(
            f"This MigrationScript instance has a multiple-entry list for {class_name}; "
            f"please use the {list_attribute} attribute."
        )
    return containers[0] if containers else None


class MigrationScript(MigrateOperation):
    """A revision file before it is written.

    `process_revision_directives` hooks receive a list of these and may change it. `upgrade_ops` and
    `downgrade_ops` take a container, or a list of containers in a multi-database environment. The
    `…_list` attributes always return the list.
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
        # A new set for each script: a shared set would also contain the imports of other scripts.
        self.imports = set() if imports is None else imports
        self.head = head
        self.splice = splice
        self.branch_label = branch_label
        self.version_path = _as_posix(version_path) if version_path else None
        self.depends_on = depends_on
        self.upgrade_ops = upgrade_ops
        self.downgrade_ops = downgrade_ops

    @property
    def upgrade_ops(self) -> UpgradeOps | None:
        """The only `UpgradeOps`; None if there is none.

        :raises ValueError: there are several.
        """
        return _single(self._upgrade_ops, "UpgradeOps", "upgrade_ops_list")

    @upgrade_ops.setter
    def upgrade_ops(self, upgrade_ops: UpgradeOps | Sequence[UpgradeOps]) -> None:
        self._upgrade_ops = _as_list(UpgradeOps, "upgrade_ops", upgrade_ops)

    @property
    def downgrade_ops(self) -> DowngradeOps | None:
        """The only `DowngradeOps`; None if there is none.

        :raises ValueError: there are several.
        """
        return _single(self._downgrade_ops, "DowngradeOps", "downgrade_ops_list")

    @downgrade_ops.setter
    def downgrade_ops(self, downgrade_ops: DowngradeOps | Sequence[DowngradeOps]) -> None:
        self._downgrade_ops = _as_list(DowngradeOps, "downgrade_ops", downgrade_ops)

    @property
    def upgrade_ops_list(self) -> list[UpgradeOps]:
        """All `UpgradeOps` of the script."""
        return self._upgrade_ops

    @property
    def downgrade_ops_list(self) -> list[DowngradeOps]:
        """All `DowngradeOps` of the script."""
        return self._downgrade_ops
