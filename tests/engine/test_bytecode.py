"""Revision files loaded from byte code, and the garbage collector during a run."""

import gc
import os
import py_compile
import sys
import threading
from pathlib import Path
from types import ModuleType

import pytest
from alembic.util.pyfiles import load_python_file
from limbeck.util._bytecode import load_compiled
from limbeck.util._collector import collector_at_ease


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "a-step.py"
    path.write_text("value = 1\n")
    py_compile.compile(str(path), doraise=True)
    return path


def load(path: Path) -> ModuleType:
    return load_python_file(path.parent, path.name)


def test_the_module_is_as_importlib_makes_it(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = load(source)
    monkeypatch.setattr("limbeck.util._bytecode.load_compiled", lambda *args: None)
    usual = load(source)
    assert load_compiled("x", str(source)) is not None, "it was the byte code that was loaded"
    for module in (quick, usual):
        del module.__dict__["__builtins__"]
    names = ("__name__", "__file__", "__cached__", "__package__", "__doc__", "value")
    assert vars(quick).keys() == vars(usual).keys()
    assert [getattr(quick, name, None) for name in names] == [
        getattr(usual, name, None) for name in names
    ]
    assert quick.__spec__ == usual.__spec__
    assert type(quick.__loader__) is type(usual.__loader__)


def test_a_source_that_changed_is_compiled_again(source: Path) -> None:
    assert load(source).value == 1
    source.write_text("value = 22\n")
    assert load(source).value == 22


def test_a_source_of_another_time_is_compiled_again(source: Path) -> None:
    source.write_text("value = 2\n")
    os.utime(source, (1, 1))
    assert load(source).value == 2


@pytest.mark.parametrize("left", [0, 8, 20])
def test_byte_code_that_is_cut_off(source: Path, left: int) -> None:
    (cached,) = (source.parent / "__pycache__").iterdir()
    cached.write_bytes(cached.read_bytes()[:left])
    if left > 16:
        with pytest.raises((EOFError, ValueError)):
            load(source)
    else:
        assert load(source).value == 1


def test_byte_code_by_hash_is_left_to_importlib(source: Path) -> None:
    mode = py_compile.PycInvalidationMode.CHECKED_HASH
    py_compile.compile(str(source), doraise=True, invalidation_mode=mode)
    assert load_compiled("x", str(source)) is None
    assert load(source).value == 1


def test_a_file_that_moved_tells_its_new_place(source: Path) -> None:
    moved = source.parent / "moved"
    moved.mkdir()
    (moved / source.name).write_text("def f(): pass\n")
    py_compile.compile(str(moved / source.name), doraise=True)
    elsewhere = moved.rename(source.parent / "elsewhere")
    module = load(elsewhere / source.name)
    assert module.f.__code__.co_filename == str(elsewhere / source.name)


def test_the_collector_is_as_it_was() -> None:
    before = gc.get_threshold(), gc.get_freeze_count()
    with collector_at_ease:
        assert gc.get_threshold()[0] > before[0][0]
        with collector_at_ease:
            collector_at_ease.leave_out_what_is_there()
        assert gc.get_threshold()[0] > before[0][0]
        assert gc.get_freeze_count() > before[1]
    assert (gc.get_threshold(), gc.get_freeze_count()) == before


def test_the_collector_with_several_threads() -> None:
    before = gc.get_threshold()
    inside, leave = threading.Event(), threading.Event()

    def stay() -> None:
        with collector_at_ease:
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=stay)
    with collector_at_ease:
        thread.start()
        assert inside.wait(10)
    assert gc.get_threshold() != before
    leave.set()
    thread.join()
    assert gc.get_threshold() == before


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="CPython's collector")
def test_what_an_application_froze_stays_so() -> None:
    gc.freeze()
    try:
        frozen = gc.get_freeze_count()
        with collector_at_ease:
            collector_at_ease.leave_out_what_is_there()
        assert gc.get_freeze_count() >= frozen - 100  # what died meanwhile is not there
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()


def test_a_collector_that_is_off_stays_off() -> None:
    before = gc.get_threshold()
    gc.set_threshold(0)
    try:
        with collector_at_ease:
            assert gc.get_threshold()[0] == 0
    finally:
        gc.set_threshold(*before)
