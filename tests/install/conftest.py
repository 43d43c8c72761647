"""Wheels, source distributions, and environments to install them into."""

import os
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest
from support.environments import interpreter_of, pip_install
from support.installs import ROOT, run


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree: `LIMBECK_TEST_WHEEL`, or built now."""
    if ready := os.environ.get("LIMBECK_TEST_WHEEL"):
        return Path(ready)
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "maturin", "build", "--release", "--out", folder, cwd=ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture
def new_environment(tmp_path: Path) -> Callable[..., Path]:
    """Makes a virtual environment with some requirements, and gives its interpreter."""

    def make(*requirements: str, name: str = "env") -> Path:
        venv.create(tmp_path / name, with_pip=True)
        interpreter = interpreter_of(tmp_path / name)
        if requirements:
            pip_install(interpreter, *requirements)
        return interpreter

    return make
