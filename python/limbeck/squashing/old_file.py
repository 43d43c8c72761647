"""A revision file that becomes a part of another one: read, and checked."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from limbeck.script._squashed import MARKS
from limbeck.squashing.names import Names
from limbeck.util.exc import CommandError

#: The names that Alembic reads, and those of a squash.
HEADER = ("revision", "down_revision", "branch_labels", "depends_on", *MARKS)
#: Functions that see more of a module than a name that stands in the file.
_LOOK_AROUND = frozenset(
    {"globals", "locals", "vars", "eval", "exec", "__file__", "__doc__", "__spec__", "__builtins__"}
)
_SIDE_EFFECT = "this code runs when the file is imported"


class OldFile(NamedTuple):
    """A revision file.

    :ivar revision: its identifier.
    :ivar path: the file.
    :ivar source: its text in UTF-8, with the line end `\\n`.
    :ivar tree: its syntax tree.
    :ivar names: the names of the module.
    """

    revision: str
    path: str
    source: bytes
    tree: ast.Module
    names: Names

    @property
    def futures(self) -> tuple[str, ...]:
        """The features that the file imports from `__future__`."""
        return tuple(
            alias.name
            for statement in self.tree.body
            if isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
            for alias in statement.names
        )

    @classmethod
    def read(cls, revision: str, path: str) -> OldFile:
        """Read a revision file.

        :param revision: the identifier.
        :param path: the file.
        :raises CommandError: it is no Python, or its code cannot be a part of another file.
        """
        content = Path(path).read_bytes()
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
            text = io.TextIOWrapper(io.BytesIO(content), encoding).read()
            tree = ast.parse(text)
        except (SyntaxError, ValueError) as error:
            raise CommandError(f"Cannot read {path}: {error}") from error
        source = text.encode()
        found = cls(revision, path, source, tree, Names(source, tree))
        found._check()
        return found

    def _check(self) -> None:
        for statement in self.tree.body:
            self._check_statement(statement)
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Name) and node.id in _LOOK_AROUND:
                raise self.refusal(node.lineno, f"`{node.id}` would see another file than this one")
            if isinstance(node, ast.Attribute) and ast.unparse(node) == "sys.modules":
                raise self.refusal(
                    node.lineno, "`sys.modules` would give another file than this one"
                )
        for name in ("upgrade", "downgrade"):
            bound = self.names.bound.get(name)
            if bound is not None and not isinstance(bound, ast.FunctionDef):
                line = getattr(bound, "lineno", 1)
                raise self.refusal(line, f"{name} is not a usual function")
            if isinstance(bound, ast.FunctionDef) and _needs_arguments(bound.args):
                raise self.refusal(bound.lineno, f"{name}() takes arguments")
        if "upgrade" not in self.names.bound:
            raise self.refusal(1, "it has no function upgrade()")

    def _check_statement(self, statement: ast.stmt) -> None:
        """Refuse code at the top level that does more than bind names."""
        if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
            raise self.refusal(
                statement.lineno, "`import *` binds names that the file does not show"
            )
        if isinstance(
            statement, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Pass)
        ):
            return
        if isinstance(statement, ast.Expr) and (
            isinstance(statement.value, ast.Constant) or self._is_own_call(statement.value)
        ):
            return
        if isinstance(statement, (ast.Assign, ast.AnnAssign)):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            if all(map(_is_name, targets)):
                return
        elif isinstance(statement, ast.If) and _is_type_checking(statement.test):
            for inner in (*statement.body, *statement.orelse):
                self._check_statement(inner)
            return
        elif isinstance(statement, ast.Try):
            for inner in _statements_of(statement):
                self._check_statement(inner)
            return
        elif isinstance(statement, ast.AsyncFunctionDef):
            return
        raise self.refusal(statement.lineno, _SIDE_EFFECT)

    def _is_own_call(self, value: ast.expr) -> bool:
        """Return whether an expression is a call of a method of what the file has made, as `log.setLevel(INFO)`."""
        if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Attribute):
            return False
        made = value.func.value
        bound = self.names.bound.get(made.id) if isinstance(made, ast.Name) else None
        return isinstance(bound, ast.Name)

    def refusal(self, line: int, reason: str) -> CommandError:
        """Return the error for code that cannot be a part of another file."""
        return CommandError(
            f"{self.path}, line {line}: {reason}, so that the bodies cannot be put together\n\n"
            f"hint: change the file without changing what it does, or squash the revisions before and after "
            f"{self.revision} on their own"
        )


def _is_name(target: ast.expr) -> bool:
    """Return whether a target is a name, or several."""
    if isinstance(target, ast.Tuple):
        return all(map(_is_name, target.elts))
    return isinstance(target, ast.Name)


def _is_type_checking(test: ast.expr) -> bool:
    return ast.unparse(test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING", "t.TYPE_CHECKING")


def _statements_of(statement: ast.Try) -> Iterator[ast.stmt]:
    yield from (*statement.body, *statement.orelse, *statement.finalbody)
    for handler in statement.handlers:
        yield from handler.body


def _needs_arguments(arguments: ast.arguments) -> bool:
    positional = len(arguments.posonlyargs) + len(arguments.args)
    return positional > len(arguments.defaults) or None in arguments.kw_defaults
