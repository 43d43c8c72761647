"""Each name of Alembic's modules exists, including those that a module only imports."""

import importlib
import json
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest
import sqlalchemy
from support.programs import Program

SCRIPT = Path(__file__).with_name("alembic_names.py")


def run(program: Program, names: str = "") -> dict[str, list[str]]:
    done = program.python(SCRIPT.parent, str(SCRIPT), input=names)
    assert done.returncode == 0, done.stderr
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


def test_all_names_of_alembic_exist(limbeck: Program, reference: Program) -> None:
    names = run(reference)
    assert sum(map(len, names.values())) > 1000
    assert run(limbeck, json.dumps(names)) == {}


def test_unknown_name_is_missing(limbeck: Program) -> None:
    wanted = {"alembic.ddl.base": ["Column", "Colum"], "alembic.config": ["Path", "nothing"]}
    assert run(limbeck, json.dumps(wanted)) == {
        "alembic.ddl.base": ["Colum"],
        "alembic.config": ["nothing"],
    }


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("alembic.ddl.base.Column", sqlalchemy.Column),
        ("alembic.ddl.postgresql.cast", None),
        ("alembic.util.messaging.warnings", sys.modules["warnings"]),
    ],
)
def test_incidental_name_can_be_patched(path: str, value: object) -> None:
    module_name, _, name = path.rpartition(".")
    module = importlib.import_module(module_name)
    before = getattr(module, name)
    assert value is None or before is value
    with mock.patch(path) as patched:
        assert getattr(module, name) is patched
    assert getattr(module, name) is before


def test_logger_has_alembics_name() -> None:
    config = importlib.import_module("alembic.config")
    assert config.log.name == "alembic.config"


def test_table_of_names_is_loaded_lazily() -> None:
    program = (
        "import sys, limbeck; limbeck.activate(); import alembic.config, alembic.command\n"
        "print('limbeck.compat.incidental' in sys.modules, 'sqlalchemy' in sys.modules)\n"
        "alembic.config.Path; print('limbeck.compat.incidental' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "False", "True"]
