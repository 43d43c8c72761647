"""The contents of the wheel and the source distribution."""

import re
import shutil
import sys
import tarfile
import zipfile
from collections.abc import Callable
from email.parser import Parser
from pathlib import Path

import pytest
from support.installs import ROOT, TARGET, alembic_works, run

TEMPLATES = {"generic", "async", "multidb", "pyproject", "pyproject_async"}


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_wheel_has_the_modules_of_limbeck_and_alembic(names: set[str]) -> None:
    for needed in (
        "limbeck/__init__.py",
        "limbeck/__main__.py",
        "limbeck/py.typed",
        "limbeck/_core.pyi",
        "alembic.py",
        "limbeck_names.py",
        "limbeck/_names/alembic/__init__.py",
        "limbeck/_names/alembic/__init__.pyi",
        "limbeck/_names/alembic/__main__.py",
        "limbeck/_names/alembic/py.typed",
    ):
        assert needed in names
    assert [name for name in names if name.endswith(".data/platlib/limbeck_names.pth")]
    assert any(re.fullmatch(r"limbeck/_core\.abi3\.so|limbeck/_core\.pyd", name) for name in names)


def test_wheel_has_the_whole_source_tree(names: set[str]) -> None:
    for package, folder in (
        ("limbeck", ROOT / "python" / "limbeck"),
        ("limbeck/_names", ROOT / "alembic_compat" / "_names"),
    ):
        for path in folder.rglob("*"):
            if path.is_file() and path.suffix not in (".pyc", ".so", ".pyd"):
                assert f"{package}/{path.relative_to(folder).as_posix()}" in names


def test_wheel_has_each_template(names: set[str]) -> None:
    found = {
        name.split("/")[2]
        for name in names
        if name.startswith("limbeck/templates/") and "/" in name
    }
    assert found >= TEMPLATES
    for template in TEMPLATES:
        for file in ("README", "env.py", "script.py.mako"):
            assert f"limbeck/templates/{template}/{file}" in names


def test_wheel_has_nothing_else(names: set[str]) -> None:
    top_levels = {name.split("/")[0] for name in names}
    assert {name for name in top_levels if not name.endswith((".dist-info", ".data"))} == {
        "limbeck",
        "alembic.py",
        "limbeck_names.py",
    }
    assert len([name for name in names if ".data/" in name]) == 1
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]


def test_wheel_is_for_the_stable_abi_of_3_10(wheel: Path) -> None:
    assert "-cp310-abi3-" in wheel.name


def test_wheel_has_its_requirements_and_entry_points(wheel: Path, names: set[str]) -> None:
    (info,) = (name for name in names if name.endswith(".dist-info/METADATA"))
    with zipfile.ZipFile(wheel) as archive:
        metadata = Parser().parsestr(archive.read(info).decode())
        scripts = archive.read(info.replace("METADATA", "entry_points.txt")).decode()
    assert metadata["Name"] == "limbeck"
    assert metadata["Requires-Python"] == ">=3.10"
    needs = {re.split(r"[^\w-]", need)[0].lower() for need in metadata.get_all("Requires-Dist", [])}
    assert needs == {"sqlalchemy", "mako", "typing-extensions", "tzdata", "greenlet"}
    assert "alembic=limbeck.__main__:alembic" in scripts.replace(" ", "")
    assert "limbeck=limbeck.__main__:main" in scripts.replace(" ", "")


def _copy_of_the_tree(target: Path) -> Path:
    skipped = {"target", ".git", ".venv", ".nox", "dist", "build", ".pytest_cache", "site"}

    def ignore(folder: str, names: list[str]) -> set[str]:
        return {n for n in names if n in skipped or n == "__pycache__" or n.endswith(".so")}

    shutil.copytree(ROOT, target, symlinks=True, ignore=ignore)
    return target


@pytest.mark.parametrize("name", ["alembic.py", "limbeck/_names"])
def test_build_fails_without_symbolic_links(tmp_path: Path, name: str) -> None:
    tree = _copy_of_the_tree(tmp_path / "tree")
    link = tree / "python" / name
    target = link.readlink()
    link.unlink()
    link.write_text(str(target))  # as git does with core.symlinks=false
    with pytest.raises(AssertionError, match="symbolic link"):
        run(sys.executable, "-m", "maturin", "build", "-r", "-o", tmp_path, cwd=tree, env=TARGET)


def test_source_distribution_installs(tmp_path: Path, new_environment: Callable[..., Path]) -> None:
    run(sys.executable, "-m", "maturin", "sdist", "--out", tmp_path, cwd=ROOT)
    (sdist,) = tmp_path.glob("limbeck-*.tar.gz")
    with tarfile.open(sdist) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    assert {"Cargo.toml", "Cargo.lock", "pyproject.toml", "src/lib.rs", "LICENSE"} <= inside
    assert not [
        n for n in inside if n.startswith(("target/", "dist/")) or n.endswith((".so", ".pyc"))
    ]
    interpreter = new_environment()
    run(interpreter, "-m", "pip", "install", "-q", str(sdist), cwd=tmp_path, env=TARGET)
    alembic_works(interpreter, tmp_path / "project")
