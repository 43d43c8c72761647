"""The modules below `alembic`: their names, and how the standard library's tools find them."""

import json
import subprocess
import sys
from pathlib import Path

import limbeck
import pytest
from support.programs import Program

HOME = Path(limbeck.__file__).parent

#: Prints the modules, classes and functions with their own names.
NAMES = """
import importlib, json, sys, types

found = {}
for name in sys.argv[1:]:
    module = importlib.import_module(name)
    found[name] = [module.__name__, module.__package__, module.__spec__.name]
    for key, value in list(vars(module).items()):
        if isinstance(value, type) and value.__module__.startswith(("alembic", "limbeck")):
            found[f"{name}:{key}"] = f"{value.__module__}.{value.__qualname__}"
            for inner in vars(value).values():
                if isinstance(inner, type):
                    found[f"{name}:{key}.{inner.__name__}"] = f"{inner.__module__}.{inner.__qualname__}"
print(json.dumps(found))
"""
MODULES = (
    "autogenerate",
    "autogenerate.api",
    "autogenerate.rewriter",
    "command",
    "config",
    "context",
    "ddl",
    "ddl.base",
    "ddl.impl",
    "ddl.mssql",
    "ddl.mysql",
    "ddl.oracle",
    "ddl.postgresql",
    "ddl.sqlite",
    "environment",
    "migration",
    "op",
    "operations",
    "operations.base",
    "operations.batch",
    "operations.ops",
    "operations.schemaobj",
    "operations.toimpl",
    "runtime",
    "runtime.environment",
    "runtime.migration",
    "runtime.plugins",
    "script",
    "script.base",
    "script.revision",
    "script.write_hooks",
    "util",
    "util.editor",
    "util.exc",
    "util.langhelpers",
    "util.messaging",
    "util.pyfiles",
    "util.sqla_compat",
)
#: Two classes, which only Alembic's own modules use.
NAMED_DIFFERENTLY = {"ddl.impl:Params", "migration:EncodedIO", "runtime.migration:EncodedIO"}


def test_modules_and_classes_have_alembics_names(
    limbeck: Program, reference: Program, tmp_path: Path
) -> None:
    names = [f"alembic.{name}" for name in MODULES]
    ours, theirs = (
        json.loads(program.python(tmp_path, "-c", NAMES, *names).stdout)
        for program in (limbeck, reference)
    )
    both = ours.keys() & theirs.keys()
    differ = {key: (ours[key], theirs[key]) for key in both if ours[key] != theirs[key]}
    assert {key.removeprefix("alembic.") for key in differ} <= NAMED_DIFFERENTLY
    for name in ("config:Config", "ddl.mysql:MySQLImpl", "script.revision:RevisionMap"):
        assert f"alembic.{name}" in both


@pytest.mark.parametrize("module", ["alembic", "alembic.config", "alembic.__main__"])
def test_module_runs_as_a_program(program: Program, tmp_path: Path, module: str) -> None:
    program.alembic(tmp_path, "init", "migrations")
    ini = tmp_path / "alembic.ini"
    ini.write_text(ini.read_text().replace("driver://user:pass@localhost/dbname", "sqlite:///a.db"))
    program.alembic(tmp_path, "revision", "-m", "one", "--rev-id", "aa")
    for command in (["heads"], ["upgrade", "head"], ["current"]):
        done = program.python(tmp_path, "-W", "error", "-m", module, *command)
        assert done.returncode == 0, done.stderr
    assert done.stdout == "aa (head)\n"
    failed = program.python(tmp_path, "-m", module, "frobnicate")
    assert failed.returncode == 2
    assert failed.stderr.startswith(f"usage: {'config.py' if 'config' in module else 'alembic'} ")


@pytest.mark.parametrize(
    "code",
    [
        "import runpy; print(runpy.run_module('alembic.config', run_name='x')['Config'].__name__)",
        "import alembic.config as c, inspect; print(inspect.getsourcefile(c).endswith('config.py'))",
        "import alembic.config as c, inspect; print('class Config' in inspect.getsource(c.Config))",
        "import alembic.config as c, inspect; print(inspect.getmodule(c.Config) is c, c.__name__)",
        "import alembic.config as c, pickle; print(pickle.loads(pickle.dumps(c.Config)) is c.Config)",
        "import pickle; from alembic.util import CommandError as E; print(repr(pickle.loads(pickle.dumps(E('x')))))",
        "import importlib.resources as r; print((r.files('alembic') / 'templates' / 'generic' / 'env.py').is_file())",
        "import alembic, pathlib; print((pathlib.Path(alembic.__file__).parent / 'templates' / 'async').is_dir())",
        "import alembic.templates as t; print(t.__name__.rpartition('.')[2], len(list(t.__path__)))",
        "import importlib, alembic.script.base as b; print(importlib.reload(b) is b, b.Script.__module__)",
        "import importlib, alembic; print(importlib.reload(alembic) is alembic, alembic.__version__)",
        "import importlib.util as u; print(u.find_spec('alembic.config').name, u.find_spec('alembic.nothing'))",
        "import alembic.ddl.mysql as m; print(repr(m.MySQLImpl), m.MySQLImpl.__module__)",
        "from alembic import op; print(op.__name__, op.create_table.__module__)",
        "import alembic, importlib.metadata as m; print(m.version('alembic'))",
    ],
)
def test_standard_tools_behave_as_with_alembic(
    limbeck: Program, reference: Program, tmp_path: Path, code: str
) -> None:
    ours, theirs = (p.python(tmp_path, "-W", "error", "-c", code) for p in (limbeck, reference))
    assert theirs.returncode == 0, theirs.stderr
    assert (ours.stdout, ours.stderr) == (theirs.stdout, theirs.stderr)


def test_walk_packages_finds_limbecks_modules(limbeck: Program, tmp_path: Path) -> None:
    code = (
        "import alembic, importlib, pkgutil\n"
        "for m in pkgutil.walk_packages(alembic.__path__, 'alembic.'):\n"
        "    if m.name != 'alembic.__main__':\n"
        "        module = importlib.import_module('limbeck' + m.name[7:])\n"
        "        assert importlib.import_module(m.name) is module, m.name\n"
        "        assert module.__spec__.loader.get_code(m.name) is not None\n"
        "        print(m.name, module.__name__)\n"
    )
    done = limbeck.python(tmp_path, "-W", "error", "-c", code)
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert len(lines) > 80
    assert [name for name, module_name in lines if name != module_name] == []


@pytest.mark.parametrize("first", ["alembic", "limbeck"])
def test_patch_applies_under_both_names(limbeck: Program, tmp_path: Path, first: str) -> None:
    code = (
        f"import {first}.command\n"
        "from unittest import mock\n"
        "import alembic.command, limbeck.command\n"
        "for name in ('alembic', 'limbeck'):\n"
        "    with mock.patch(f'{name}.command.ScriptDirectory') as patched:\n"
        "        assert limbeck.command.ScriptDirectory is alembic.command.ScriptDirectory is patched\n"
        "assert alembic.command is limbeck.command\n"
    )
    done = limbeck.python(tmp_path, "-c", code)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("names", ["('alembic.', 'limbeck.')", "('limbeck.', 'limbeck.')"])
def test_concurrent_imports_get_complete_modules(
    limbeck: Program, tmp_path: Path, names: str
) -> None:
    # Not `ddl`: if one thread imports it and another `ddl.impl`, which `ddl` imports, each holds the lock that the other
    # waits for. Python then returns a partial module, with Alembic too.
    code = (
        "import alembic, importlib, sys, threading\n"
        "sys.setswitchinterval(1e-6)\n"
        "start, errors = threading.Barrier(8), []\n"
        "def load(n):\n"
        "    start.wait()\n"
        "    for m in ('util', 'command', 'config', 'op')[:: 1 if n % 4 < 2 else -1]:\n"
        "        try:\n"
        f"            module = importlib.import_module({names}[n % 2] + m)\n"
        "            if m == 'command': module.upgrade\n"
        "            if m == 'util': module.CommandError\n"
        "        except Exception as e: errors.append((n, m, e))\n"
        "threads = [threading.Thread(target=load, args=(n,), daemon=True) for n in range(8)]\n"
        "for t in threads: t.start()\n"
        "for t in threads: t.join(60)\n"
        "assert not any(t.is_alive() for t in threads), 'threads wait for each other'\n"
        "assert not errors, errors\n"
    )
    for _ in range(5):
        done = limbeck.python(tmp_path, "-c", code)
        assert done.returncode == 0, done.stderr


def test_finder_imports_nothing() -> None:
    """Python holds the global import lock during find_spec(): an import there could deadlock with another thread."""
    code = (
        f"import sys; sys.path.insert(0, {str(HOME.parent)!r})\n"
        "import limbeck_names\n"
        "before = set(sys.modules)\n"
        "shared = limbeck_names.SHARED - {'templates'}\n"  # a folder without __init__.py is found through its parent
        "names = [f'{p}.{m}' for p in ('alembic', 'limbeck') for m in shared]\n"
        "found = [limbeck_names.LimbeckFinder.find_spec(name) for name in ('alembic', *names)]\n"
        "print(None in found, set(sys.modules) - before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("False set()\n", "")


def test_heads_imports_neither_sqlalchemy_nor_the_finder(limbeck: Program, tmp_path: Path) -> None:
    code = (
        "import sys; from limbeck.__main__ import alembic; alembic(['heads'])\n"
        "print([m for m in sys.modules if m in ('sqlalchemy', 'mako', 'argparse', 'limbeck.compat.naming')])"
    )
    limbeck.alembic(tmp_path, "init", "migrations")
    assert limbeck.python(tmp_path, "-c", code).stdout == "[]\n"
    code = (
        "import sys, alembic; print('sqlalchemy' in sys.modules, 'importlib.util' in sys.modules)"
    )
    assert limbeck.python(tmp_path, "-c", code).stdout.startswith("False ")


def test_pth_file_installs_one_finder() -> None:
    """Python prints an error in a .pth file each time it starts."""
    folder = HOME.parent.parent / "alembic_compat/limbeck.data/platlib"
    if not folder.exists():
        pytest.skip("an installed limbeck: tests/install has it")
    names, line = (folder / "limbeck_names.pth").read_text().splitlines()
    assert names == "limbeck/_names"
    code = f"import os, sys; before = set(sys.modules); sys.path.append({str(HOME.parent)!r})\n"
    code += f"{line}\n{line}\n"
    code += "print(sys.meta_path[0].__name__, sys.meta_path[1].__name__, set(sys.modules) - before)"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", code], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("LimbeckFinder BuiltinImporter {'limbeck_names'}\n", "")
