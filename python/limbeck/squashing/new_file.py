"""The file of a squash, and the folder of the files that it replaces."""

from __future__ import annotations

import ast
import os
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from limbeck.runtime._notices import quiet_runs
from limbeck.runtime.environment import EnvironmentContext
from limbeck.script._produce import refuse_broken
from limbeck.script._squashed import MARKS, read_squash
from limbeck.script.revision import tuple_rev_as_scalar
from limbeck.squashing.body import Body
from limbeck.squashing.concat import Parts
from limbeck.util import format_as_comma, pyfiles
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.config import Config
    from limbeck.script._script import Script
    from limbeck.script.base import ScriptDirectory

#: The folder of the replaced files, beside a new file; where Alembic reads subfolders, beside the version location.
_FOLDER = "squashed"
_WIDTH = 100


class Place(NamedTuple):
    """Where files go.

    :ivar path: the new file.
    :ivar folder: the folder of the replaced files, which is new.
    """

    path: str
    folder: str


class NewFile:
    """The file of a squash.

    :param config: the configuration.
    :param script: the script directory.
    :param chain: the replaced revisions, in their order.
    :param message: the message.
    :param keep: the folder in which the folder of the replaced files is made; `None` for the usual one.
    """

    def __init__(
        self,
        config: Config,
        script: ScriptDirectory,
        chain: Sequence[Script],
        message: str,
        keep: str | None,
    ) -> None:
        self._config = config
        self._script = script
        self._chain = chain
        self._message = message
        self._variables = _variables_of_env(config, script)
        self._created = script._generate_create_date()
        last = chain[-1]
        location = os.path.dirname(last.path)
        path = script._rev_path(location, last.revision, message, self._created)
        self.place = Place(str(path), _folder(script, last, keep))

    def head(self) -> str:
        """Return the file without code of the replaced revisions.

        :raises CommandError: the template makes something else.
        """
        return self.text(Parts(Body("", "", ())))

    def text(self, parts: Parts) -> str:
        """Return the file.

        :param parts: the code.
        :raises CommandError: the template makes something else than a revision file with two functions.
        """
        body = parts.body
        rendered = self._render(_indented(body.upgrade), _indented(body.downgrade))
        tree = _parsed(rendered, self.place.path)
        missing = [line for line in body.imports if not _imports(tree, line)]
        lines = rendered.split("\n")
        futures = [f"from __future__ import {', '.join(parts.futures)}"] if parts.futures else []
        # From below, so that the numbers of the lines above stay.
        header = _last_line(tree, (ast.Assign, ast.AnnAssign), self.place.path)
        lines[header:header] = self._marks()
        imports = _last_line(tree, (ast.Import, ast.ImportFrom), self.place.path)
        lines[imports:imports] = missing
        docstring = tree.body[0].end_lineno if ast.get_docstring(tree) is not None else 0
        lines[docstring:docstring] = futures
        whole = "\n".join(lines).rstrip("\n") + "\n"
        return whole + "".join(f"\n\n{section}" for section in parts.sections)

    def content(self, parts: Parts) -> bytes:
        """Return the bytes of the file.

        :raises CommandError: as `text`, or it would not be valid Python.
        """
        content = self.text(parts).encode(self._script.output_encoding)
        refuse_broken(Path(self.place.path), content)
        return content

    def _render(self, upgrade: str, downgrade: str) -> str:
        first, last = self._chain[0], self._chain[-1]
        labels = dict.fromkeys((*first._orig_branch_labels, *last._orig_branch_labels))
        rendered = pyfiles.render_template(
            os.path.join(self._script.dir, "script.py.mako"),
            "utf-8",
            up_revision=last.revision,
            down_revision=first.down_revision,
            branch_labels=tuple(labels) or None,
            depends_on=tuple_rev_as_scalar(self._dependencies()),
            create_date=self._created,
            comma=format_as_comma,
            message=self._message,
            imports="",
            upgrades=upgrade,
            downgrades=downgrade,
            **self._variables,
        )
        return rendered.decode().replace("\r\n", "\n")

    def _dependencies(self) -> tuple[str, ...]:
        """Return the dependencies of the first revision, as its file names them."""
        value = self._chain[0].dependencies
        return (value,) if isinstance(value, str) else value or ()

    def _marks(self) -> list[str]:
        replaces: dict[str, None] = {}
        for found in self._chain:
            squash = read_squash(found.revision, found.path)
            replaces.update(dict.fromkeys(() if squash is None else squash.replaces))
            replaces[found.revision] = None
        del replaces[self._chain[-1].revision]
        listed = f"{MARKS[0]} = {tuple(replaces)!r}"
        if len(listed) > _WIDTH:
            rows = textwrap.wrap(", ".join(map(repr, replaces)) + ",", _WIDTH - 4)
            listed = "\n".join([f"{MARKS[0]} = (", *(f"    {row}" for row in rows), ")"])
        relative = os.path.relpath(self.place.folder, os.path.dirname(self.place.path))
        return [
            "",
            "# The revisions that this one replaces besides its own, and their files.",
            listed,
            f"{MARKS[1]} = {relative.replace(os.sep, '/')!r}",
        ]


def _variables_of_env(config: Config, script: ScriptDirectory) -> dict[str, Any]:
    """Return the further variables of the template, to which env.py adds if the configuration says so."""
    variables: dict[str, Any] = {"config": config}
    if config.get_alembic_boolean_option("revision_environment"):
        arguments: dict[str, Any] = {"as_sql": False, "template_args": variables}
        with quiet_runs(), EnvironmentContext(config, script, fn=lambda *_: [], **arguments):
            script.run_env()
    return variables


def _folder(script: ScriptDirectory, last: Script, keep: str | None) -> str:
    """Return the new folder for the replaced files.

    :raises CommandError: Alembic would read the files there.
    """
    beside = os.path.dirname(last.path)
    if script.recursive_version_locations:
        location = next(f for f in script._folders if is_inside(last.path, f))
        beside = os.path.dirname(os.path.realpath(location))
    parent = os.path.abspath(keep) if keep is not None else os.path.join(beside, _FOLDER)
    number = 1
    folder = os.path.join(parent, last.revision)
    while os.path.exists(folder) and os.listdir(folder):
        number += 1
        folder = os.path.join(parent, f"{last.revision}_{number}")
    for location in script._folders:
        is_read = is_inside(folder, location) if script.recursive_version_locations else False
        if is_read or os.path.realpath(folder) == os.path.realpath(location):
            raise CommandError(
                f"Alembic reads the files in {folder} too, below the version location {location}\n\n"
                "hint: name another folder for the replaced files: --keep DIR"
            )
    return folder


def is_inside(path: str, folder: str) -> bool:
    """Return whether a path is a folder or in it."""
    path, folder = os.path.realpath(path), os.path.realpath(folder)
    return path == folder or path.startswith(os.path.join(folder, ""))


def _indented(code: str) -> str:
    """Return statements as the template takes them: indented below the first line."""
    lines = code.strip("\n").split("\n")
    return "\n".join([lines[0], *(f"    {line}" if line else "" for line in lines[1:])])


def _parsed(rendered: str, path: str) -> ast.Module:
    refuse_broken(Path(path), rendered.encode())
    tree = ast.parse(rendered)
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    for name in ("upgrade", "downgrade"):
        function = functions.get(name)
        if function is None or function.args.args:
            raise CommandError(
                f"script.py.mako makes no function {name}() without arguments, so that a squash cannot fill it"
            )
    return tree


def _last_line(tree: ast.Module, types: tuple[type[ast.stmt], ...], path: str) -> int:
    """Return the number of the last line of the last statement of some types before the functions."""
    found = 0
    for statement in tree.body:
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            break
        if isinstance(statement, types):
            found = statement.end_lineno or 0
    if not found:
        raise CommandError(
            f"script.py.mako makes a file without imports or without a header ({path})"
        )
    return found


def _imports(tree: ast.Module, line: str) -> bool:
    """Return whether a file has an import already."""
    wanted = ast.dump(ast.parse(line).body[0])
    return any(ast.dump(statement) == wanted for statement in tree.body)
