"""The lock of a SQLite database is a file, which is gone when nobody holds the lock."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import pytest
from limbeck.util._file_lock import FileLock

_PROCESSES, _TIMES = 6, 300


def _add(folder: str) -> None:
    """Count up in a file, which only one process at a time may do."""
    counter = Path(folder, "counter")
    for _ in range(_TIMES):
        lock = FileLock(os.path.join(folder, "lock"))
        while not lock.try_acquire():
            pass
        counter.write_text(str(int(counter.read_text()) + 1))
        lock.close()


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    """A process that waits at the removed file of the last holder does not get the lock with it."""
    (tmp_path / "counter").write_text("0")
    processes = [
        multiprocessing.get_context("spawn").Process(target=_add, args=(str(tmp_path),))
        for _ in range(_PROCESSES)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * _PROCESSES
    assert (tmp_path / "counter").read_text() == str(_PROCESSES * _TIMES)
    if os.name == "posix":
        assert [path.name for path in tmp_path.iterdir()] == ["counter"]


@pytest.mark.skipif(os.name != "posix", reason="Windows does not remove an open file")
def test_waiter_does_not_remove_the_file(tmp_path: Path) -> None:
    holder, waiter = FileLock(str(tmp_path / "lock")), FileLock(str(tmp_path / "lock"))
    assert holder.try_acquire()
    assert not waiter.try_acquire()
    assert waiter.holder() == f"process {os.getpid()}"
    waiter.close()
    assert (tmp_path / "lock").exists()
    holder.close()
    assert not (tmp_path / "lock").exists()
