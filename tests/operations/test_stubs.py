"""The stubs and docstrings of `op` agree with the operation classes."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.operations import BatchOperations, Operations

TOOL = Path(__file__).resolve().parents[2] / "tools" / "operation_stubs.py"

DIRECTIVES = [
    pytest.param(cls, name, id=f"{cls.__name__}.{name}")
    for cls in (Operations, BatchOperations)
    for name in sorted(dir(cls))
    if not name.startswith("_") and callable(getattr(cls, name))
]


def test_stubs_are_current() -> None:
    command = [sys.executable, str(TOOL), "--check"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(("cls", "name"), DIRECTIVES)
def test_each_function_has_an_example(cls: type, name: str) -> None:
    if name == "create_module_class_proxy":
        pytest.skip("not a directive: it creates the functions of modules such as alembic.op")
    documentation = inspect.getdoc(getattr(cls, name)) or ""
    if name == "get_context":
        assert documentation
    else:
        assert "For example::" in documentation


@pytest.mark.parametrize(("cls", "name"), DIRECTIVES)
def test_each_method_has_self(cls: type, name: str) -> None:
    function = inspect.getattr_static(cls, name)
    if not isinstance(function, classmethod):
        assert next(iter(inspect.signature(function).parameters)) == "self"
