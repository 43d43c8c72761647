"""The mode `concat`: the old functions, one after the other, with everything that they use from their files."""

from __future__ import annotations

import ast
import builtins
import os
import re
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from limbeck import _core
from limbeck.squashing.body import Body
from limbeck.squashing.names import Lines, Names, Use, bound_name
from limbeck.squashing.old_file import HEADER, OldFile

#: The feature with which annotations are strings.
_POSTPONED = "annotations"
#: A comment, and the empty lines below it; both belong to the statement that follows.
_COMMENT_ABOVE = re.compile(rb"(?:^[ \t]*#[^\n]*\n)+(?:[ \t]*\n)*\Z", re.MULTILINE)
_EMPTY_LINES = re.compile(rb"(?:[ \t]*\n)+")


class Parts(NamedTuple):
    """What a file gets that replaces others.

    :ivar body: the functions of the revision.
    :ivar futures: the features that `from __future__` imports.
    :ivar sections: the code of each old file, with a comment above.
    """

    body: Body
    futures: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()


def concatenated(files: Sequence[OldFile], head: str) -> Parts:
    """Return the code of revision files, for one file.

    :param files: the files, in the order of the revisions.
    :param head: the file without that code: what script.py.mako makes.
    :raises CommandError: names cannot be kept apart with certainty.
    """
    source = head.encode()
    tree = ast.parse(head)
    space = _Space(Names(source, tree), _imports_of(tree), files)
    all_postpone = all(_POSTPONED in file.futures for file in files)
    sections: list[str] = []
    imports: list[str] = []
    upgrade: list[str] = []
    downgrade: list[str] = []
    for file in files:
        section = _Section(file, space, quotes_annotations=not all_postpone)
        sections.append(section.text())
        imports += section.imports
        for function, calls in (("upgrade", upgrade), ("downgrade", downgrade)):
            if function in file.names.bound and not is_empty(file, function):
                calls.append(section.call(function))
    for file in files:
        if "downgrade" not in file.names.bound:
            text = f"revision {file.revision} has no downgrade()"
            downgrade = [f"raise NotImplementedError({text!r})"]
    body = Body("\n".join(upgrade), "\n".join(reversed(downgrade)), tuple(dict.fromkeys(imports)))
    futures = dict.fromkeys(name for file in files for name in file.futures)
    if not all_postpone:
        futures.pop(_POSTPONED, None)
    return Parts(body, tuple(futures), tuple(filter(None, sections)))


class _Space:
    """The names of the new file.

    :param head: the names that its beginning binds.
    :param imports: what its imports bind, each with its meaning.
    :param files: the old files.
    """

    def __init__(
        self, head: Names, imports: dict[str, _Meaning | None], files: Sequence[OldFile]
    ) -> None:
        self._taken: dict[str, _Meaning | None] = {
            **dict.fromkeys(dir(builtins)),
            **dict.fromkeys(head.bound),
            **imports,
        }
        self._identifiers = set().union(head.identifiers, *(f.names.identifiers for f in files))
        self._words: dict[str, str] = {}
        for file in files:
            word = self._fresh(re.sub(r"\W", "_", file.revision), "_upgrade_", "_downgrade_")
            self._words[file.revision] = word

    def _fresh(self, name: str, *prefixes: str) -> str:
        """Return a name that, with each prefix, no file has."""
        while not self._identifiers.isdisjoint(f"{prefix}{name}" for prefix in prefixes or ("",)):
            name += "_"
        self._identifiers.update(f"{prefix}{name}" for prefix in prefixes or ("",))
        return name

    def name_for(self, name: str, revision: str, meaning: _Meaning | None) -> str:
        """Return the name in the new file, which is the same if no other file means something else by it.

        :param meaning: what an import binds it to; `None` for everything else.
        """
        word = self._words[revision]
        if name in ("upgrade", "downgrade"):
            return f"_{name}_{word}"
        if name not in self._taken and name not in HEADER:
            self._taken[name] = meaning
            return name
        if meaning is not None and self._taken.get(name) == meaning:
            return name
        return self._fresh(f"{name}_{word}")

    def has(self, name: str, meaning: _Meaning) -> bool:
        """Return whether the new file imports this already."""
        return self._taken.get(name) == meaning


class _Meaning(NamedTuple):
    """What an import binds a name to: a module, or something in one."""

    module: str
    member: str | None


class _Section:
    """The code of one old file.

    :param file: the file.
    :param space: the names of the new file.
    :param quotes_annotations: write the annotations of a file that postpones them as strings, for a file that does not.
    """

    def __init__(self, file: OldFile, space: _Space, *, quotes_annotations: bool) -> None:
        self._file = file
        self._quotes_annotations = quotes_annotations and _POSTPONED in file.futures
        self._lines = Lines(file.source)
        #: The import lines that the new file needs for this code.
        self.imports: list[str] = []
        self._spans = self._removed()
        self._new: dict[str, str] = {}
        needed = _imports_of(file.tree)
        for name in file.names.bound:
            if not self._is_used(name, within=self._spans if name in HEADER else ()):
                continue
            meaning = None if name in file.names.rebound else needed.get(name)
            is_known = meaning is not None and space.has(name, meaning)
            new = space.name_for(name, file.revision, meaning)
            if new != name:
                self._refuse_unsure(name)
                self._new[name] = new
            elif is_known:
                del needed[name]
        for statement in file.tree.body:
            self.imports += self._import_lines(statement, needed)

    def _removed(self) -> list[tuple[int, int]]:
        """Return the bytes of the statements that the new file does not need, or has elsewhere."""
        tree = self._file.tree
        spans = [
            self._span(statement)
            for statement in tree.body
            if _is_docstring(statement, tree)
            or isinstance(statement, (ast.Import, ast.ImportFrom))
            or (isinstance(statement, ast.FunctionDef) and self._is_idle(statement))
        ]
        header = {
            self._span(statement): name
            for statement in tree.body
            if (name := _header_name(statement)) is not None
        }
        spans += [span for span, name in header.items() if not self._is_used(name, within=header)]
        return spans

    def _is_used(self, name: str, *, within: Collection[tuple[int, int]]) -> bool:
        """Return whether a name is in the file outside of some ranges of bytes."""
        uses = (use for use in self._file.names.uses if use.name == name)
        return any(not _is_in(use, within) for use in uses)

    def _is_idle(self, function: ast.FunctionDef) -> bool:
        """Return whether a function of the revision does nothing, and nothing calls it."""
        return (
            function.name in ("upgrade", "downgrade")
            and is_empty(self._file, function.name)
            and not self._is_used(function.name, within=[self._span(function)])
        )

    def call(self, function: str) -> str:
        """Return the statement that calls one of the revision's functions."""
        return f"{self._new[function]}()"

    def text(self) -> str:
        """Return the code, with a comment above; empty if nothing is left."""
        edits = [(start, end, b"") for start, end in self._spans]
        for use in self._file.names.uses:
            if use.name in self._new and not _is_in(use, self._spans):
                edits.append((use.start, use.end, use.text.format(self._new[use.name]).encode()))
        source = self._file.source
        if self._quotes_annotations:
            for node in self._file.names.annotations:
                span = self._lines.start(node), self._lines.end(node)
                inner = [edit for edit in edits if span[0] <= edit[0] < span[1]]
                edits = [edit for edit in edits if edit not in inner]
                text = _edited(source[: span[1]], inner)[span[0] :].decode()
                edits.append((*span, repr(" ".join(text.split())).encode()))
        source = _edited(source, edits)
        code = source.strip(b"\n").rstrip().decode()
        name = os.path.basename(self._file.path)
        return f"# ---- {self._file.revision}: {name}\n\n\n{code}\n" if code else ""

    def _refuse_unsure(self, name: str) -> None:
        line = self._file.names.unsure.get(name)
        if line is not None:
            raise self._file.refusal(
                line, f"another file has the name {name} too, and it cannot be changed here"
            )

    def _span(self, statement: ast.stmt) -> tuple[int, int]:
        """Return the bytes of a statement with the comment above, and with the rest of its last line."""
        source = self._file.source
        start, end = self._lines.start(statement), self._lines.end(statement)
        line_end = source.find(b"\n", end)
        end_of_line = len(source) if line_end < 0 else line_end + 1
        before = source.rfind(b"\n", 0, start) + 1
        rest = source[end:end_of_line].strip()
        if source[before:start].strip() or (rest and not rest.startswith(b"#")):
            raise self._file.refusal(statement.lineno, "several statements stand in one line")
        above = _COMMENT_ABOVE.search(source, 0, before)
        empty = _EMPTY_LINES.match(source, end_of_line)
        return (
            above.start() if above is not None else before,
            end_of_line if empty is None else empty.end(),
        )

    def _import_lines(self, statement: ast.stmt, needed: Collection[str]) -> list[str]:
        """Return the imports of a statement that the new file needs, with the new names."""
        if not isinstance(statement, (ast.Import, ast.ImportFrom)):
            return []
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            return []
        kept = []
        for alias in statement.names:
            name = bound_name(alias)
            new = self._new.get(name)
            if new is not None:
                kept.append(ast.alias(alias.name, new))
            elif name in needed or "." in alias.name:
                kept.append(alias)
        if not kept:
            return []
        if isinstance(statement, ast.Import):
            return [ast.unparse(ast.Import([alias])) for alias in kept]
        return [ast.unparse(ast.ImportFrom(statement.module, kept, statement.level))]


def _edited(source: bytes, edits: Iterable[tuple[int, int, bytes]]) -> bytes:
    """Return a text in which ranges, which do not overlap, are replaced."""
    for start, end, text in sorted(edits, reverse=True):
        source = source[:start] + text + source[end:]
    return source


def _imports_of(tree: ast.Module) -> dict[str, _Meaning | None]:
    """Return the names that the imports at the top level of a file bind; `None` for one that means several things."""
    found: dict[str, _Meaning | None] = {}

    def add(alias: ast.alias, meaning: _Meaning) -> None:
        name = bound_name(alias)
        found[name] = meaning if found.get(name, meaning) == meaning else None

    for statement in tree.body:
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                module = alias.name if alias.asname else alias.name.partition(".")[0]
                add(alias, _Meaning(module, None))
        elif isinstance(statement, ast.ImportFrom):
            module = "." * statement.level + (statement.module or "")
            for alias in statement.names:
                add(alias, _Meaning(module, alias.name))
    return found


def _header_name(statement: ast.stmt) -> str | None:
    """Return the name that a statement of the header binds; `None` for other statements."""
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target: ast.expr = statement.targets[0]
    elif isinstance(statement, ast.AnnAssign):
        target = statement.target
    else:
        return None
    return target.id if isinstance(target, ast.Name) and target.id in HEADER else None


def _is_docstring(statement: ast.stmt, tree: ast.Module) -> bool:
    return (
        statement is tree.body[0]
        and isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _is_in(use: Use, spans: Iterable[tuple[int, int]]) -> bool:
    return any(start <= use.start < end for start, end in spans)


def is_empty(file: OldFile, function: str) -> bool:
    """Return whether a function of a revision does nothing."""
    body = _core.read_body(file.source, function)
    return body is not None and body.is_empty
