"""`alembic.op` uses the environment of the thread or task that calls it."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import op
from alembic.migration import MigrationContext
from alembic.operations import MigrateOperation, Operations
from support.programs import Program


def offline_context(buffer: StringIO) -> MigrationContext:
    return MigrationContext.configure(
        dialect_name="sqlite", opts={"as_sql": True, "output_buffer": buffer}
    )


def test_op_raises_name_error_without_an_environment(limbeck: Program, tmp_path: Path) -> None:
    # In a separate process, because another test may have used an environment in this one.
    done = limbeck.python(tmp_path, "-c", "from alembic import op; op.drop_table('account')")
    assert done.returncode == 1
    assert "NameError: Can't invoke function 'drop_table'" in done.stderr


def test_each_thread_has_its_own_environment() -> None:
    count = 4
    buffers = [StringIO() for _ in range(count)]
    barrier = threading.Barrier(count)

    def run(number: int) -> None:
        with Operations.context(offline_context(buffers[number])):
            barrier.wait(timeout=10)
            for step in range(20):
                op.execute(f"SELECT {number}, {step}")
            barrier.wait(timeout=10)

    with ThreadPoolExecutor(count) as pool:
        for done in [pool.submit(run, number) for number in range(count)]:
            done.result()

    for number, buffer in enumerate(buffers):
        assert buffer.getvalue().count("SELECT") == 20
        assert buffer.getvalue().count(f"SELECT {number}, ") == 20


def test_each_task_has_its_own_environment() -> None:
    async def run(number: int, buffer: StringIO) -> None:
        with Operations.context(offline_context(buffer)):
            for step in range(20):
                op.execute(f"SELECT {number}, {step}")
                await asyncio.sleep(0)

    async def all_at_once(buffers: list[StringIO]) -> None:
        await asyncio.gather(*(run(number, buffer) for number, buffer in enumerate(buffers)))

    buffers = [StringIO() for _ in range(4)]
    asyncio.run(all_at_once(buffers))
    for number, buffer in enumerate(buffers):
        assert buffer.getvalue().count(f"SELECT {number}, ") == 20


def test_nested_environments() -> None:
    outer, inner = StringIO(), StringIO()
    with Operations.context(offline_context(outer)):
        with Operations.context(offline_context(inner)):
            op.execute("SELECT 'inner'")
        op.execute("SELECT 'outer'")
    assert "inner" in inner.getvalue()
    assert "outer" not in inner.getvalue()
    assert "outer" in outer.getvalue()


def test_registered_operation_is_a_function_of_op() -> None:
    @Operations.register_operation("create_sequence_of_test")
    class CreateSequenceOp(MigrateOperation):
        """Create a sequence."""

        def __init__(self, name: str, start: int) -> None:
            self.name = name
            self.start = start

        @classmethod
        def create_sequence_of_test(
            cls, operations: Operations, name: str, *, start: int = 1
        ) -> str:
            """Create a sequence."""
            result: str = operations.invoke(cls(name, start))
            return result

    @Operations.implementation_for(CreateSequenceOp)
    def create_sequence(operations: Operations, operation: CreateSequenceOp) -> str:
        operations.execute(f"CREATE SEQUENCE {operation.name} START {operation.start}")
        return operation.name

    buffer = StringIO()
    with Operations.context(offline_context(buffer)):
        result = op.create_sequence_of_test("ticket", start=5)  # type: ignore[attr-defined]
    assert result == "ticket"
    assert buffer.getvalue() == "CREATE SEQUENCE ticket START 5;\n\n"


def test_operation_without_implementation_is_named() -> None:
    class UnheardOfOp(MigrateOperation):
        """Something no one implements."""

    with (
        Operations.context(offline_context(StringIO())) as operations,
        pytest.raises(ValueError, match=r"no dispatch function for object: .*UnheardOfOp"),
    ):
        operations.invoke(UnheardOfOp())


def test_result_is_returned() -> None:
    buffer = StringIO()
    with Operations.context(offline_context(buffer)):
        table = op.create_table("account", sa.Column("id", sa.Integer))
    assert isinstance(table, sa.Table)
    assert list(table.c.keys()) == ["id"]
