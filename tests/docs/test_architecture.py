"""docs/architecture.md against the code: its two pictures, its tables, and the files and functions that it names."""

import ast
import re
from collections.abc import Callable
from pathlib import Path

import grimp
import pytest
from limbeck.util import compat
from support.pages import ROOT

PAGE = ROOT / "docs" / "architecture.md"
SRC = ROOT / "src"
Arrow = tuple[str, str]


def section(name: str) -> str:
    """Return the part of the page under the level-2 heading (`##`) that contains `name`."""
    parts = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    (found,) = [part for part in parts[1:] if name in part.partition("\n")[0]]
    return found


def drawn_arrows(name: str) -> set[Arrow]:
    """Return the arrows of the Mermaid picture in a section, which are written `a --> b & c`.

    A node that is written `x[label]` is returned as `label`.
    """
    (picture,) = re.findall(r"```mermaid\n(.*?)```", section(name), re.DOTALL)
    labels = dict(re.findall(r"(\w+)\[(\w+)\]", picture))
    arrows = set()
    for line in picture.splitlines():
        if "-->" in line:
            left, right = re.sub(r"\[\w+\]", "", line).split("-->")
            arrows |= {
                (labels.get(start, start), labels.get(end, end))
                for start in map(str.strip, left.split("&"))
                for end in map(str.strip, right.split("&"))
            }
    return arrows


def table_names(name: str) -> set[str]:
    """Return the names in the first column of the table in a section."""
    rows = re.findall(r"^\| (`[^|]*) \|", section(name), re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


def reachable(start: str, arrows: set[Arrow]) -> set[str]:
    """Return all nodes that can be reached from `start` along arrows."""
    reached: set[str] = set()
    ends = {start}
    while ends:
        ends = {end for begin, end in arrows if begin in ends} - reached
        reached |= ends
    return reached


def nodes(arrows: set[Arrow]) -> set[str]:
    return {end for arrow in arrows for end in arrow}


def imports_in_rust() -> set[Arrow]:
    """Return which top module of the crate uses which, from the `crate::` paths in the sources."""
    arrows = set()
    for path in SRC.rglob("*.rs"):
        module = path.relative_to(SRC).parts[0].removesuffix(".rs")
        code = re.sub(r"//.*", "", path.read_text(encoding="utf-8"))
        assert "crate::{" not in code, f"{path}: write one `use crate::module::...` for each module"
        arrows |= {(module, used) for used in re.findall(r"\bcrate::(\w+)", code) if used != module}
    return arrows


def imports_in_python() -> set[Arrow]:
    """Return which package of limbeck imports which, except the `ignore_imports` of import-linter."""
    tools = compat.tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    exceptions = {
        tuple(line.split(" -> "))
        for contract in tools["importlinter"]["contracts"]
        for line in contract.get("ignore_imports", ())
    }
    graph = grimp.build_graph("limbeck", exclude_type_checking_imports=True, cache_dir=None)
    arrows = set()
    for importer in graph.modules - {"limbeck"}:
        package = importer.split(".")[1]
        for imported in graph.find_modules_directly_imported_by(importer):
            if (importer, imported) in exceptions:
                continue
            if imported != "limbeck":
                arrows.add((package, imported.split(".")[1]))
                continue
            # grimp does not see `_core`, which is compiled: it reports `from limbeck import _core` as an import of `limbeck`.
            lines = graph.get_import_details(importer=importer, imported=imported)
            if any("_core" in line["line_contents"] for line in lines):
                arrows.add((package, "_core"))
    return {(start, end) for start, end in arrows if start != end}


def test_only_bindings_use_python() -> None:
    users = {
        path.relative_to(SRC).parts[0]
        for path in SRC.rglob("*.rs")
        if re.search(r"^[^/]*\bpyo3\b", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert users == {"bindings"}


PICTURES = pytest.mark.parametrize(
    ("name", "imports"),
    [("src/", imports_in_rust), ("python/limbeck/", imports_in_python)],
    ids=["rust", "python"],
)


@PICTURES
def test_each_arrow_is_an_import(name: str, imports: Callable[[], set[Arrow]]) -> None:
    assert drawn_arrows(name) - imports() == set(), "drawn, but not imported"


@PICTURES
def test_each_import_is_covered_by_arrows(name: str, imports: Callable[[], set[Arrow]]) -> None:
    drawn = drawn_arrows(name)
    covered = {(start, end) for start in nodes(drawn) for end in reachable(start, drawn)}
    assert imports() - covered == set(), "imported, but not drawn"


@PICTURES
def test_arrows_have_no_cycle(name: str, imports: Callable[[], set[Arrow]]) -> None:
    drawn = drawn_arrows(name)
    assert [start for start in nodes(drawn) if start in reachable(start, drawn)] == []


@PICTURES
def test_no_arrow_is_redundant(name: str, imports: Callable[[], set[Arrow]]) -> None:
    drawn = drawn_arrows(name)
    assert [
        arrow for arrow in sorted(drawn) if arrow[1] in reachable(arrow[0], drawn - {arrow})
    ] == []


def test_rust_modules_are_the_same_in_table_picture_and_crate() -> None:
    text = (SRC / "lib.rs").read_text(encoding="utf-8")
    declared = set(re.findall(r"^pub mod (\w+);", text, re.MULTILINE))
    assert table_names("src/") == declared
    assert nodes(drawn_arrows("src/")) == declared
    assert set(re.findall(r"^//! \| \[`(\w+)`\]", text, re.MULTILINE)) == declared


def test_python_packages_are_the_same_in_table_picture_and_folder() -> None:
    folder = ROOT / "python" / "limbeck"
    packages = {path.parent.name for path in folder.glob("*/__init__.py")}
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    expected = packages | modules | {"_core"}
    assert table_names("python/limbeck/") == expected
    assert nodes(drawn_arrows("python/limbeck/")) == expected


def test_package_docstring_lists_packages_from_the_top_down() -> None:
    source = (ROOT / "python" / "limbeck" / "__init__.py").read_text(encoding="utf-8")
    docstring = ast.get_docstring(ast.parse(source)) or ""
    rows = re.findall(r"^    (\w+(?:, \w+)*)  ", docstring, re.MULTILINE)
    row_of = {name: index for index, row in enumerate(rows) for name in row.split(", ")}
    drawn = drawn_arrows("python/limbeck/")
    assert set(row_of) <= nodes(drawn)
    upward = [
        (start, end)
        for start in row_of
        for end in reachable(start, drawn) & set(row_of)
        if row_of[end] < row_of[start]
    ]
    assert upward == []


#: `name()` or `NAME` in [path](link), as the page names a function or a constant.
_NAMED_IN = re.compile(r"`([\w.:]+)(?:\(\))?` in \[([^\]]+)\]\(")
_LINK = re.compile(r"\[([^\]]+)\]\(\.\./([^)]+)\)")
_PATH = re.compile(r"`((?:src|python|tests|docs|tools|benches|examples|alembic_compat)/[^`]*)`")


def test_each_path_exists() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [link for link in _LINK.findall(text) if link[0] != link[1]] == []
    paths = {*_PATH.findall(text), *(path for path, _ in _LINK.findall(text))}
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []


def test_each_function_is_in_the_file_named_with_it() -> None:
    text = PAGE.read_text(encoding="utf-8")
    named = _NAMED_IN.findall(text)
    calls = re.findall(r"`([\w.:]+)\(\)`", text)
    assert sorted(calls) == sorted(name for name, _ in named if name != name.upper())
    assert [f"{name} in {path}" for name, path in named if not defines(ROOT / path, name)] == []


def test_each_question_names_a_file() -> None:
    rows = [row for row in section("Where is what").splitlines() if row.startswith("| ")][2:]
    assert rows
    assert [row for row in rows if not _LINK.search(row)] == []


def defines(path: Path, name: str) -> bool:
    """Return whether a file defines a function, class or constant; `Type.method` and `Type::method` name methods."""
    owner, _, last = name.replace("::", ".").rpartition(".")
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".rs":
        implements = rf"^impl\b.*\b{owner}\b" if owner else ""
        function = rf"^ *(?:pub(?:\([^)]*\))? )?fn {last}\b"
        return all(
            re.search(pattern, text, re.MULTILINE) is not None for pattern in (implements, function)
        )
    body = ast.parse(text).body
    if owner:
        classes = [node for node in body if isinstance(node, ast.ClassDef) and node.name == owner]
        body = [node for found in classes for node in found.body]
    return last in {name for node in body for name in bound_names(node)}


def bound_names(node: ast.stmt) -> list[str]:
    """Return the names that a statement defines."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return [target.id for target in targets if isinstance(target, ast.Name)]
