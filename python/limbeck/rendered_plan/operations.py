"""`op` while a plan is rendered: the operations know their lines, those of a batch too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from limbeck.operations.base import Operations

if TYPE_CHECKING:
    from limbeck.operations._ops.core import MigrateOperation
    from limbeck.operations.base import BatchOperations
    from limbeck.rendered_plan.recorder import Recorder
    from limbeck.runtime.migration import MigrationContext


@contextmanager
def recorded_operations(context: MigrationContext, recorder: Recorder) -> Iterator[None]:
    """Within the block, `alembic.op` records the origin of each statement.

    :param context: the context of a recording connection.
    :param recorder: gets the statements.
    """
    with Operations.context(context) as operations:
        invoke, batch_alter_table = operations.invoke, operations.batch_alter_table

        def recorded_invoke(operation: MigrateOperation) -> Any:
            with recorder.invoking(operation):
                return invoke(operation)

        @contextmanager
        def recorded_batch(*args: Any, **kw: Any) -> Iterator[BatchOperations]:
            with batch_alter_table(*args, **kw) as batch:
                _record_batch(batch, recorder)
                yield batch

        # On this object only: a subclass would not be the `Operations` that `alembic.op` leads to.
        operations.invoke = recorded_invoke  # type: ignore[method-assign]
        operations.batch_alter_table = recorded_batch  # type: ignore[method-assign]
        yield


def _record_batch(batch: BatchOperations, recorder: Recorder) -> None:
    """Make the operations of a batch keep their lines; a rebuild has the line of the batch."""
    invoke = batch.invoke

    def recorded_invoke(operation: MigrateOperation) -> Any:
        with recorder.invoking(operation, recorder.current_line()):
            return invoke(operation)

    batch.impl.batch = _BatchCalls(recorder)
    batch.invoke = recorded_invoke  # type: ignore[method-assign] # of this batch only


if TYPE_CHECKING:
    _Calls = list[tuple[str, tuple[Any, ...], dict[str, Any]]]
else:
    _Calls = list


class _BatchCalls(_Calls):
    """The calls of a batch. Where they are iterated, statements belong to the call that was returned last.

    It takes the place of :attr:`BatchOperationsImpl.batch`.
    """

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self._recorder = recorder
        self._origins: list[Any] = []

    def append(self, call: Any) -> None:
        self._origins.append(self._recorder.origin)
        super().append(call)

    def __iter__(self) -> Iterator[Any]:
        before = self._recorder.origin
        try:
            for call, origin in zip(super().__iter__(), self._origins, strict=True):
                self._recorder.origin = origin
                yield call
        finally:
            self._recorder.origin = before
