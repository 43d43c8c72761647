"""What the text of a revision file says beside its calls of `op`."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from sqlalchemy import MetaData, Table

#: Packages that no model of an application is in.
_LIBRARIES = frozenset({"alembic", "sqlalchemy", "limbeck", *sys.stdlib_module_names})


_IMPORT = re.compile(rb"^[^#\n]*?\b(?:from|import)\b([^\n]*)", re.MULTILINE)
_FIRST_NAME = re.compile(
    rb"[ \t]*(\w+)(?:\.\w+)*[ \t]*(?:import\b[^;\\]*|as[ \t]+\w+[ \t]*)?(?:#.*)?\r?"
)


def _imported(source: bytes) -> Iterator[str]:
    """Yield the top-level name of each line that may be an import; an empty one if the line is not a plain import."""
    for line in _IMPORT.finditer(source):
        match = _FIRST_NAME.fullmatch(line[1])
        yield match[1].decode("ascii", "replace") if match else ""


def imported_models(source: bytes, module: ModuleType | None) -> Iterator[tuple[str, int]]:
    """Yield the models that a revision file imports: the name, and the line of the import.

    A model is a mapped class, a table or a collection of tables that another module defines. Nothing is imported: what the file has
    imported when it ran is looked up.

    :param source: the bytes of the file.
    :param module: the imported file.
    """
    if all(name in _LIBRARIES for name in _imported(source)):
        return  # without a syntax tree, which takes longer than all other checks of the file
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return
    package = getattr(module, "__package__", None) or ""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if base.partition(".")[0] in _LIBRARIES and not node.level:
                continue
            found = sys.modules.get(f"{package}.{base}".strip(".") if node.level else base)
            for alias in node.names:
                value = getattr(found, alias.name, None)
                if _is_model(value) or _has_models(value):
                    yield alias.asname or alias.name, node.lineno
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] not in _LIBRARIES and _has_models(
                    sys.modules.get(alias.name)
                ):
                    yield alias.asname or alias.name, node.lineno


def _is_model(value: Any) -> bool:
    if isinstance(value, (Table, MetaData)):
        return True
    return isinstance(value, type) and isinstance(vars(value).get("__table__"), Table)


def _has_models(value: Any) -> bool:
    return isinstance(value, ModuleType) and any(
        _is_model(member) and getattr(member, "__module__", value.__name__) == value.__name__
        for member in list(vars(value).values())
    )


def rebuilt_table(source: bytes, line: int | None) -> str | None:
    """Return the table of a `batch_alter_table` at a line that rebuilds it from the catalog; `None` if it is not certain.

    :param source: the bytes of the file.
    :param line: a line of the `with` statement's head.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return None
    for node in ast.walk(tree):
        if not isinstance(node, ast.With):
            continue
        for call in (item.context_expr for item in node.items):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
                continue
            is_here = node.lineno <= (line or 0) <= (call.end_lineno or call.lineno)
            given = {keyword.arg for keyword in call.keywords}
            if not is_here or call.func.attr != "batch_alter_table" or not call.args:
                continue
            name = call.args[0]
            is_other = given & {None, "copy_from", "schema", "table_args"} or len(call.args) > 1
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                return None if is_other else name.value
    return None
