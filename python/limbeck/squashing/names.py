"""Where a Python file binds and uses the names of its module."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
#: Nodes with a place in the file.
Placed: TypeAlias = ast.stmt | ast.expr | ast.alias
_Comprehension: TypeAlias = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_NAME_OF_DEFINITION = re.compile(rb"(?:async\s+)?(?:def|class)\s+(\w+)")
#: The text of a string that may name a class to SQLAlchemy, as in `relationship("User")`.
_CODE = re.compile(r"[\w.\[\], |]+")


class Use(NamedTuple):
    """A place of a module's name.

    :ivar name: the name.
    :ivar start: the first byte of the text that is replaced if the name changes.
    :ivar end: the byte after it.
    :ivar text: the new text, with `{}` for the new name.
    """

    name: str
    start: int
    end: int
    text: str = "{}"


class Names:
    """The names of a module.

    :param source: the file, in UTF-8, with the line end `\\n`.
    :param tree: its syntax tree.

    :ivar bound: the names that the module binds, in their order, each with the first statement that does.
    :ivar rebound: those of them that several statements bind, of which one is no import.
    :ivar uses: all places of names that are not those of a function or class.
    :ivar unsure: names that cannot be changed with certainty, each with a line.
    :ivar annotations: the annotations that Python evaluates, unless it postpones them.
    :ivar identifiers: all identifiers, whatever they name.
    """

    def __init__(self, source: bytes, tree: ast.Module) -> None:
        self.bound: dict[str, ast.AST] = {}
        self.rebound: set[str] = set()
        self.uses: list[Use] = []
        self.unsure: dict[str, int] = {}
        self.annotations: list[ast.expr] = []
        self.identifiers: set[str] = set(re.findall(r"\w+", source.decode()))
        reader = _Reader(source, self)
        for statement in tree.body:
            reader.visit(statement)
        self._refuse_named_in_strings(tree)

    def _refuse_named_in_strings(self, tree: ast.Module) -> None:
        """Note the classes that a string may name."""
        classes = {name for name, node in self.bound.items() if isinstance(node, ast.ClassDef)}
        if not classes:
            return
        for node in ast.walk(tree):
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and _CODE.fullmatch(text):
                for name in classes.intersection(re.findall(r"\w+", text)):
                    self.unsure.setdefault(name, node.lineno)  # type: ignore[attr-defined] # a constant has a line


class Lines:
    """Converts the positions of a syntax tree to offsets in bytes.

    :param source: the file, in UTF-8, with the line end `\\n`.
    """

    def __init__(self, source: bytes) -> None:
        self._starts = [0]
        for line in source.split(b"\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)

    def start(self, node: Placed) -> int:
        """Return the first byte of a node."""
        return self._offset(node.lineno, node.col_offset)

    def end(self, node: Placed) -> int:
        """Return the byte after a node."""
        return self._offset(node.end_lineno or node.lineno, node.end_col_offset or 0)

    def _offset(self, line: int, column: int) -> int:
        return self._starts[line - 1] + column


class _Scope(NamedTuple):
    """The names that a function or class binds, and those that it declares as `global`."""

    bound: frozenset[str]
    globals: frozenset[str]
    is_class: bool = False


class _Reader(ast.NodeVisitor):
    """Visits a module, and notes the places of its names."""

    def __init__(self, source: bytes, names: Names) -> None:
        self._source = source
        self._lines = Lines(source)
        self._names = names
        self._scopes: list[_Scope] = []

    def _is_global(self, name: str) -> bool:
        for number, scope in enumerate(reversed(self._scopes)):
            if scope.is_class and number > 0:
                continue  # the names of a class are not visible in its functions
            if name in scope.globals:
                return True
            if name in scope.bound:
                return False
        return True

    def _bind(self, name: str, node: ast.AST) -> None:
        if self._scopes:
            return
        first = self._names.bound.setdefault(name, node)
        imports = (ast.Import, ast.ImportFrom)
        if first is not node and not (isinstance(first, imports) and isinstance(node, imports)):
            self._names.rebound.add(name)

    def _use(self, name: str, start: int, end: int, text: str = "{}") -> None:
        self._names.uses.append(Use(name, start, end, text))

    def visit_Name(self, node: ast.Name) -> None:
        if self._is_global(node.id):
            if isinstance(node.ctx, ast.Store):
                self._bind(node.id, node)
            self._use(node.id, self._lines.start(node), self._lines.end(node))
        elif self._scopes[-1].is_class and isinstance(node.ctx, ast.Load):
            # Before the class binds it, it is the module's.
            self._names.unsure.setdefault(node.id, node.lineno)

    def visit_Global(self, node: ast.Global) -> None:
        start, end = self._lines.start(node), self._lines.end(node)
        for found in re.finditer(rb"\w+", self._source[start:end]):
            if found.start() > 0:
                name = found[0].decode()
                self._names.bound.setdefault(name, node)
                self._names.rebound.add(name)
                self._use(name, start + found.start(), start + found.end())

    def _definition(self, node: _Function | ast.ClassDef) -> None:
        if self._is_global(node.name):
            self._bind(node.name, node)
            found = _NAME_OF_DEFINITION.match(self._source, self._lines.start(node))
            if found is None:
                self._names.unsure.setdefault(node.name, node.lineno)
            else:
                self._use(node.name, found.start(1), found.end(1))
        self._visit_all(node.decorator_list)

    def _visit_all(self, nodes: Iterable[ast.AST | None]) -> None:
        for node in nodes:
            if node is not None:
                self.visit(node)

    def _visit_within(self, scope: _Scope, nodes: Iterable[ast.AST | None]) -> None:
        self._scopes.append(scope)
        self._visit_all(nodes)
        self._scopes.pop()

    def _visit_function(self, node: _Function) -> None:
        self._definition(node)
        self._visit_arguments(node.args)
        self._annotation(node.returns)
        self._visit_within(_scope(node.body, _parameters(node)), node.body)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._visit_function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._visit_function(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._visit_arguments(node.args)
        self._visit_within(_scope([node.body], _parameters(node)), [node.body])

    def _visit_arguments(self, arguments: ast.arguments) -> None:
        self._visit_all([*arguments.defaults, *arguments.kw_defaults])
        for argument in _all_arguments(arguments):
            self._annotation(argument.annotation)

    def _annotation(self, node: ast.expr | None) -> None:
        if node is None:
            return
        self._names.annotations.append(node)
        self.visit(node)
        for inner in ast.walk(node):
            if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                for name in re.findall(r"\w+", inner.value):
                    self._names.unsure.setdefault(name, inner.lineno)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._annotation(node.annotation)
        self._visit_all([node.value, node.target])

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._definition(node)
        self._visit_all([*node.bases, *node.keywords])
        self._visit_within(_scope(node.body, _type_parameters(node), is_class=True), node.body)

    def _comprehension(self, node: _Comprehension) -> None:
        first, *others = node.generators
        self.visit(first.iter)
        targets = [generator.target for generator in node.generators]
        values = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        inner = [first.target, *first.ifs, *others, *values]
        self._visit_within(_scope(targets, ()), inner)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension

    def visit_Import(self, node: ast.Import) -> None:
        self._imports(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self._imports(node)

    def _imports(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            name = bound_name(alias)
            if not self._is_global(name):
                continue
            self._bind(name, node)
            if "." in alias.name and alias.asname is None:
                self._names.unsure.setdefault(name, node.lineno)
            text = f"{alias.name} as {{}}"
            self._use(name, self._lines.start(alias), self._lines.end(alias), text)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name is not None and self._is_global(node.name):
            self._bind(node.name, node)
            self._names.unsure.setdefault(node.name, node.lineno)
        self.generic_visit(node)


def bound_name(alias: ast.alias) -> str:
    """Return the name that a part of an import binds."""
    return alias.asname or alias.name.partition(".")[0]


def _all_arguments(arguments: ast.arguments) -> list[ast.arg]:
    several = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return [*several, *(one for one in (arguments.vararg, arguments.kwarg) if one is not None)]


def _type_parameters(node: ast.AST) -> list[str]:
    """Return the names of type parameters, which Python has since 3.12."""
    return [parameter.name for parameter in getattr(node, "type_params", [])]


def _parameters(node: _Function | ast.Lambda) -> list[str]:
    return [*(one.arg for one in _all_arguments(node.args)), *_type_parameters(node)]


def _scope(
    nodes: Iterable[ast.AST], parameters: Iterable[str], *, is_class: bool = False
) -> _Scope:
    """Return what a scope binds, without the scopes inside of it."""
    bound = set(parameters)
    declared: set[str] = set()
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name):
            if not isinstance(node.ctx, ast.Load):
                bound.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            bound.add(node.name)
            waiting += [*node.decorator_list, *node.args.defaults]
        elif isinstance(node, ast.ClassDef):
            bound.add(node.name)
            waiting += [*node.decorator_list, *node.bases]
        elif isinstance(node, ast.Lambda):
            waiting += node.args.defaults
        elif isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            inner = (found for found in ast.walk(node) if isinstance(found, ast.NamedExpr))
            waiting += [found.target for found in inner]
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            bound.update(map(bound_name, node.names))
        elif isinstance(node, ast.Global):
            declared.update(node.names)
        elif isinstance(node, ast.Nonlocal):
            bound.update(node.names)
        else:
            for name in (getattr(node, "name", None), getattr(node, "rest", None)):
                if isinstance(name, str):  # `except … as`, and the patterns of `match`
                    bound.add(name)
            waiting += ast.iter_child_nodes(node)
    return _Scope(frozenset(bound - declared), frozenset(declared), is_class)
