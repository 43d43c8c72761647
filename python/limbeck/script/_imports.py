"""Adds the imports of names that the rendered code of a new revision uses and the file does not define.

The code has the `repr()` of types and defaults, such as `sqlmodel.sql.sqltypes.AutoString()`. Without the import, the file
would fail with a NameError as soon as it is run. A file that has all names is not changed.
"""

from __future__ import annotations

import ast
import builtins
import symtable
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any

from limbeck.util._fill_in import FILL_IN
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from pathlib import Path

#: The imports of Alembic's templates.
_OF_TEMPLATES = {"op": "from alembic import op", "sa": "import sqlalchemy as sa"}
_DIALECTS = "sqlalchemy.dialects"


def with_imports(path: Path, source: bytes, variables: Mapping[str, Any]) -> bytes:
    """Return the source of a revision file with the imports that it lacks.

    :param path: the file.
    :param source: its content.
    :param variables: the variables of the template, some of which are code.
    :raises CommandError: a name has no import.
    """
    if not path.name.endswith(".py"):
        return source
    used = {name for value in variables.values() for name in _free_names(value)}
    missing = _missing(path, source, used) if used else set()
    if not missing:
        return source
    tree = ast.parse(source)
    lines = sorted({line for name in missing for line in _imports(path, source, tree, name)})
    return _inserted(source, tree, lines)


def _free_names(code: object) -> set[str]:
    """Return the names that a variable of a template uses without defining them, if it is code."""
    if not isinstance(code, str):
        return set()
    # As in the template, only the first line is not indented.
    body = textwrap.indent(textwrap.dedent("    " + code.lstrip()), "    ")
    try:
        table = symtable.symtable(f"def body():\n    pass\n{body}", "template", "exec")
    except (SyntaxError, ValueError):
        return set()
    return set(_global_names(table))


def _global_names(table: symtable.SymbolTable) -> Iterator[str]:
    """Yield the global names that the functions of a module use."""
    for child in table.get_children():
        for symbol in child.get_symbols():
            # A function may define a global name itself.
            if symbol.is_global() and symbol.is_referenced() and not symbol.is_assigned():
                yield symbol.get_name()
        yield from _global_names(child)


def _missing(path: Path, source: bytes, used: set[str]) -> set[str]:
    """Return the used names that no code of the file defines."""
    try:
        table = symtable.symtable(source.decode("utf-8", "replace"), str(path), "exec")
    except (SyntaxError, ValueError):
        return set()  # the import of the file reports it
    defined = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}
    found = (used & set(_global_names(table))) - defined - set(dir(builtins)) - {FILL_IN}
    if not found:
        return found
    # The module may define names by `import *`, or in other ways that only its execution shows.
    module = ModuleType("revision")
    module.__file__ = str(path)
    try:
        exec(compile(source, str(path), "exec", dont_inherit=True), vars(module))  # noqa: S102 # imported next anyway
    except Exception:  # noqa: BLE001 - whatever the file raises, its import reports it
        return set()
    return found - set(vars(module))


# -- the imports of one name


def _imports(path: Path, source: bytes, tree: ast.AST, name: str) -> set[str]:
    """Return the import lines that define a name.

    :raises CommandError: there are none, or several that differ.
    """
    uses = [use for use in _uses(tree) if use[0][0] == name]
    if name in _OF_TEMPLATES:
        return {_OF_TEMPLATES[name]}
    found: set[str] = set()
    for chain, number in uses:
        lines = _imports_of(chain)
        if len(lines) != 1:
            raise _no_import(path, source, name, number, lines)
        found |= lines
    return found


def _uses(tree: ast.AST) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield each dotted name that the code uses, as long as it is, with its line."""
    inner: set[ast.AST] = set()
    for node in ast.walk(tree):
        if node in inner or not isinstance(node, (ast.Attribute, ast.Name)):
            continue
        names: list[str] = []
        part: ast.AST = node
        while isinstance(part, ast.Attribute):
            names.insert(0, part.attr)
            part = part.value
            inner.add(part)
        if isinstance(part, ast.Name):
            yield (part.id, *names), node.lineno


def _imports_of(chain: tuple[str, ...]) -> set[str]:
    """Return the import lines with which a dotted name is what it names; several if that is not certain."""
    name, *rest = chain
    if rest and _has(f"{_DIALECTS}.{name}", rest):
        return {f"from {_DIALECTS} import {name}"}
    for length in range(len(chain) - 1, 0, -1):
        if _has(".".join(chain[:length]), chain[length:]):
            return {f"import {'.'.join(chain[:length])}"}
    if _has("sqlalchemy", chain):
        return {f"from sqlalchemy import {name}"}
    return set(_of_loaded_modules(chain))


def _of_loaded_modules(chain: tuple[str, ...]) -> Iterator[str]:
    """Yield the imports of what the application has loaded under a name: a class or function, or a module."""
    name, *rest = chain
    for module_name, module in list(sys.modules.items()):
        if not isinstance(module, ModuleType):
            continue
        found = vars(module).get(name)
        parent, _, last = module_name.rpartition(".")
        if not rest or not isinstance(found, ModuleType):
            is_home = found is not None and getattr(found, "__module__", None) == module_name
            if is_home and _has(module_name, chain):
                yield f"from {module_name} import {name}"
        if parent and rest and last == name and _is_home(module, rest) and _has(module_name, rest):
            yield f"from {parent} import {name}"


def _is_home(module: ModuleType, names: Iterable[str]) -> bool:
    """Return whether a module defines what it has under a name."""
    found: Any = module
    for name in names:
        found = getattr(found, name, None)
    return getattr(found, "__module__", None) == module.__name__


def _has(module_name: str, names: Iterable[str]) -> bool:
    """Return whether there is a module with an attribute, which is written with dots in between."""
    try:
        if find_spec(module_name) is None:
            return False
        found: Any = import_module(module_name)
    except Exception:  # noqa: BLE001 - whatever the code of the module raises
        return False
    for name in names:
        if not hasattr(found, name):
            return False
        found = getattr(found, name)
    return True


def _no_import(
    path: Path, source: bytes, name: str, number: int, several: Iterable[str]
) -> CommandError:
    line = source.splitlines()[number - 1].decode(errors="replace").strip()
    known = "".join(f"\n    {line}" for line in sorted(several))
    reason = f"there are several imports of '{name}'" if known else f"'{name}' has no import"
    return CommandError(
        f"Revision file {path.name} is not written, as it would fail with a NameError: {reason}, which line "
        f"{number} uses:\n\n    {line}\n\n"
        "hint: write the import into script.py.mako, or let `render_item` in env.py add it to "
        f"`autogen_context.imports`{':' if known else ''}{known}"
    )


def _inserted(source: bytes, tree: ast.Module, lines: Iterable[str]) -> bytes:
    """Return a source with lines after its last import, or at its beginning."""
    ends = [0]
    for node in tree.body:
        is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if isinstance(node, (ast.Import, ast.ImportFrom)) or (is_docstring and len(ends) == 1):
            ends.append(node.end_lineno or 0)
    existing = source.splitlines(keepends=True)
    newline = b"\r\n" if existing[0].endswith(b"\r\n") else b"\n"
    added = [line.encode() + newline for line in lines]
    return b"".join([*existing[: ends[-1]], *added, *existing[ends[-1] :]])
