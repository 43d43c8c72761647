"""Finds the calls in revision files that change rows."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from importlib.util import decode_source
from typing import TYPE_CHECKING, NamedTuple

from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.script._script import Script
    from limbeck.script.base import ScriptDirectory

_EXECUTE = frozenset({"execute", "exec_driver_sql", "executemany", "scalar", "scalars"})
_OF_SESSION = frozenset({"add", "add_all", "delete", "merge", "update"})
#: Methods that change rows whatever they belong to.
_ALWAYS = frozenset(
    {
        *("bulk_insert", "bulk_save_objects", "bulk_insert_mappings", "bulk_update_mappings"),
        *("backfill", "to_sql"),
    }
)
_LITERAL_OR_COMMENT = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.DOTALL)
_WORD = r"(?:INSERT|UPDATE|DELETE|MERGE|REPLACE|COPY|TRUNCATE|LOAD|CALL|EXEC|DO)"
_CHANGES = re.compile(rf"(?:^|;)\s*{_WORD}\b", re.IGNORECASE)
#: Their statements run later, and have semicolons.
_ROUTINE = re.compile(
    r"\s*CREATE\b[^;(]*\b(?:FUNCTION|PROCEDURE|TRIGGER|EVENT|RULE)\b", re.IGNORECASE
)
#: A query that changes rows, or the next value of a sequence.
_CHANGING_QUERY = re.compile(
    r"^\s*(?:WITH\b.*\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|MERGE\s+INTO)\b|SELECT\b.*\bsetval\s*\()",
    re.IGNORECASE | re.DOTALL,
)
_BUILT = re.compile(r"\b(?:insert|update|delete)\s*\(")
_QUERY = re.compile(r"\bselect\s*\(|\binspect\s*\(|\.query\s*\(")
_DDL = re.compile(r"\b(?:Create|Drop)\w+\(|\bDDL\(")
_WIDTH = 100


class DataStatement(NamedTuple):
    """A call that changes rows, or may do so.

    :ivar file: the path of the revision file.
    :ivar line: the first line of the call.
    :ivar text: its source, on one line and shortened.
    """

    file: str
    line: int
    text: str


def data_statements(script: ScriptDirectory, revisions: Iterable[Script]) -> list[DataStatement]:
    """Return the calls in `upgrade()` that change rows, and in the functions of the file that it uses.

    A statement that the file computes, so that it is not certain, is one of them. A function that another file defines is not read.

    :param script: the script directory.
    :param revisions: the revisions.
    :raises CommandError: a file has no source that can be parsed.
    """
    return [found for revision in revisions for found in _in_file(str(revision.path))]


def _in_file(path: str) -> Iterator[DataStatement]:
    try:
        with open(path, "rb") as file:
            source = file.read()
        tree = ast.parse(source)
    except (OSError, SyntaxError, ValueError) as error:
        raise CommandError(f"Cannot read which data {path} changes: {error}") from error
    text = decode_source(source)
    values = _assigned(tree)
    calls: list[ast.Call] = []
    for function in _used_functions(tree):
        sessions = _sessions(function)
        local = {**values, **_assigned(function)}
        calls += (
            node
            for node in ast.walk(function)
            if isinstance(node, ast.Call) and _changes_rows(node, sessions, local)
        )
    for call in sorted(calls, key=lambda call: call.lineno):
        code = " ".join(str(ast.get_source_segment(text, call)).split())
        yield DataStatement(
            path, call.lineno, code if len(code) <= _WIDTH else f"{code[:_WIDTH]}..."
        )


def _used_functions(tree: ast.Module) -> list[ast.AST]:
    """Return `upgrade()`, and the functions and classes of the module that it names, in their order."""
    defined = {
        node.name: node
        for node in tree.body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    }
    used: set[str] = set()
    ends = {"upgrade"} & defined.keys()
    while ends:
        used |= ends
        names = {
            node.id
            for name in ends
            for node in ast.walk(defined[name])
            if isinstance(node, ast.Name)
        }
        ends = (names & defined.keys()) - used
    return [node for name, node in defined.items() if name in used]


def _assigned(tree: ast.AST) -> dict[str, ast.expr]:
    """Return the values of names that are assigned once."""
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
            if isinstance(target, ast.Name):
                found.setdefault(target.id, []).append(node.value)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            found.setdefault(node.target.id, []).extend([node.value] * 2)
    return {name: values[0] for name, values in found.items() if len(values) == 1}


def _sessions(function: ast.AST) -> set[str]:
    """Return the names of sessions: what `Session(...)` or a `sessionmaker` returns, and what is called `session`."""
    found = {"session"}
    for node in ast.walk(function):
        pairs: list[tuple[ast.expr | None, ast.expr]] = []
        if isinstance(node, ast.Assign):
            pairs = [(target, node.value) for target in node.targets]
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            pairs = [(item.optional_vars, item.context_expr) for item in node.items]
        for target, value in pairs:
            if isinstance(target, ast.Name) and "session" in ast.unparse(value).lower():
                found.add(target.id)
    return found


def _changes_rows(call: ast.Call, sessions: set[str], values: dict[str, ast.expr]) -> bool:
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if name in _ALWAYS:
        return True
    if not isinstance(function, ast.Attribute):
        return False
    if name in _EXECUTE and (call.args or call.keywords):
        return _statement_changes([*call.args, *(k.value for k in call.keywords)][0], values)
    return name in _OF_SESSION and _root(function.value) in sessions


def _root(node: ast.expr) -> str | None:
    """Return the name at the left end of a chain of attributes and calls."""
    while isinstance(node, (ast.Attribute, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


def _statement_changes(node: ast.expr, values: dict[str, ast.expr]) -> bool:
    """Return whether a statement changes rows, or is not certain."""
    for _ in range(len(values)):
        if not (isinstance(node, ast.Name) and node.id in values):
            break
        node = values[node.id]
    sql = _text(node, values)
    if sql is not None:
        plain = _LITERAL_OR_COMMENT.sub(" ", sql).strip()
        if _ROUTINE.match(plain):
            return False
        return bool(_CHANGES.search(plain) or _CHANGING_QUERY.match(plain)) or not plain
    code = ast.unparse(node)
    return bool(_BUILT.search(code)) or not (_QUERY.search(code) or _DDL.search(code))


def _text(node: ast.expr, values: dict[str, ast.expr], depth: int = 0) -> str | None:
    """Return the text of SQL, with a space for what is computed in it; `None` if its beginning is not certain."""
    if depth > len(values) + 9:
        return None
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.Name) and node.id in values:
        return _text(values[node.id], values, depth + 1)
    if isinstance(node, ast.JoinedStr):
        parts = [p.value if isinstance(p, ast.Constant) else " x " for p in node.values]
        return "".join(map(str, parts)) if isinstance(node.values[0], ast.Constant) else None
    if isinstance(node, ast.BinOp):  # "..." + x, "..." % x
        left = _text(node.left, values, depth + 1)
        right = _text(node.right, values, depth + 1) if isinstance(node.op, ast.Add) else None
        return None if left is None else left + (right or " ")
    if isinstance(node, ast.Call):
        function = node.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        if name in ("text", "dedent", "DDL") and node.args:
            return _text(node.args[0], values, depth + 1)
        if isinstance(function, ast.Attribute):  # text("...").bindparams(), "...".format()
            return _text(function.value, values, depth + 1)
    return None
