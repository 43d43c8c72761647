"""Write the package `alembic` for type checkers: the modules that `limbeck.compat` provides at run time.

    python tools/alembic_stubs.py            writes alembic_compat/_names/alembic/**
    python tools/alembic_stubs.py --check    fails, and names the files that are not current

For each module `limbeck.X` that `alembic` provides, two files are written: `X.py`, whose one line imports all names of
`limbeck.X`, and the stub `X.pyi`, which re-exports the names one by one. The names are read from the source, without importing it: what the module defines, what its `__all__` lists, and, for a
package, what it imports from limbeck.
"""

import ast
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIMBECK = ROOT / "python" / "limbeck"
STUBS = ROOT / "alembic_compat" / "_names" / "alembic"
#: Written by hand.
HAND_WRITTEN = frozenset({STUBS / "__init__.py", STUBS / "__main__.py"})
HEADER = "# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.\n"


def shared() -> frozenset[str]:
    """Return `SHARED` of limbeck_names.py, the list of the modules of `alembic`."""
    tree = ast.parse((LIMBECK.parent / "limbeck_names.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "SHARED":
            call = node.value
            assert isinstance(call, ast.Call)
            return frozenset(ast.literal_eval(call.args[0]))
    raise SystemExit("limbeck_names.py defines no SHARED")


def sources() -> Iterator[tuple[str, Path]]:
    """Yield the dotted name of each shared module below limbeck, and the file with its types."""
    shared_names = shared()
    for path in sorted(LIMBECK.rglob("*.py")):
        parts = path.relative_to(LIMBECK).with_suffix("").parts
        if "templates" in parts or parts[0] not in shared_names:
            continue
        if any(part.startswith("_") and part != "__init__" for part in parts):
            continue
        typed = path.with_suffix(".pyi")
        name = ".".join(part for part in parts if part != "__init__")
        yield name, typed if typed.exists() else path


def _import_time_statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that run at import, including those below `if` and `try`."""
    for node in body:
        if isinstance(node, ast.If | ast.Try):
            yield from _import_time_statements([*node.body, *node.orelse])
        else:
            yield node


def _is_exported(name: str) -> bool:
    """Return whether a name is public or a private alias of a type, such as `_RevIdType` in annotations of projects."""
    return not name.startswith("_") or (name[1:2].isupper() and not name.isupper())


def names_of(path: Path) -> list[str]:
    """Return the sorted names of the module in `path`."""
    is_package = path.stem == "__init__"
    exported: set[str] = set()
    for node in _import_time_statements(ast.parse(path.read_text(encoding="utf-8")).body):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                exported.update(() if name.startswith("_") else {name})
            case ast.ClassDef(name=name):
                exported.update(() if name.startswith("_") else {name})
            case ast.Assign(targets=[ast.Name(id="__all__")], value=value):
                exported.update(ast.literal_eval(value))
            case ast.Assign(targets=targets):
                names = {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}
                exported.update(filter(_is_exported, names))
            case ast.AnnAssign(target=ast.Name(id=name)):
                exported.update({name} if _is_exported(name) else ())
            case ast.ImportFrom(module=module, level=level, names=aliases):
                from_limbeck = is_package and (
                    level > 0 or (module or "").split(".")[0] == "limbeck"
                )
                for alias in aliases:
                    name = alias.asname or alias.name
                    if (from_limbeck and _is_exported(name)) or (
                        alias.asname and alias.asname == alias.name
                    ):
                        exported.add(name)
            case _:
                pass
    return sorted(exported - {"TYPE_CHECKING", "annotations", "*"})


def render(module: str, names: list[str]) -> str:
    """Return the stub that re-exports `names` of `limbeck.<module>`."""
    if not names:
        return HEADER
    lines = "".join(f"    {name} as {name},\n" for name in names)
    return f"{HEADER}from limbeck.{module} import (\n{lines})\n"


def files() -> dict[Path, str]:
    """Return the text of each stub and its source file, by path."""
    texts = {
        STUBS / "__init__.pyi": HEADER
        + "".join(f"from alembic import {name} as {name}\n" for name in ("context", "op"))
        + "\n__version__: str\n"
    }
    packages = {name for name, path in sources() if path.stem == "__init__"}
    for name, path in sources():
        inside = STUBS.joinpath(*name.split("."))
        target = inside / "__init__.pyi" if name in packages else inside.with_suffix(".pyi")
        texts[target] = render(name, names_of(path))
        texts[target.with_suffix(".py")] = f"from limbeck.{name} import *\n"
    return texts


def main() -> int:
    wanted = files()
    stale = [
        path
        for path in STUBS.rglob("*.py*")
        if path.suffix in (".py", ".pyi") and path not in wanted and path not in HAND_WRITTEN
    ]
    wrong = [
        path
        for path, text in wanted.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    if sys.argv[1:] == ["--check"]:
        for path in sorted(stale + wrong):
            print(f"{path.relative_to(ROOT)} is not current; run: python tools/alembic_stubs.py")
        return 1 if stale or wrong else 0
    for path in stale:
        path.unlink()
    for path in wrong:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
