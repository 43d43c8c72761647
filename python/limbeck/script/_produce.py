"""Writes a new revision file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from limbeck import util
from limbeck.script import base
from limbeck.script._explain import as_command_errors
from limbeck.script.revision import tuple_rev_as_scalar
from limbeck.util._files import replace_file

if TYPE_CHECKING:
    from limbeck.script.base import Script, ScriptDirectory
    from limbeck.script.revision import _RevIdType

_SEVERAL_HEADS = (
    "Multiple heads are present; please specify the head revision on which the new revision "
    "should be based, or perform a merge."
)


@dataclass(frozen=True)
class Request:
    """The arguments of :meth:`.ScriptDirectory.generate_revision`."""

    revid: str
    message: str | None
    head: _RevIdType
    splice: bool
    branch_labels: _RevIdType | None
    version_path: str | os.PathLike[str] | None
    file_template: str | None
    depends_on: _RevIdType | None
    variables: Mapping[str, Any]


def write_revision(directory: ScriptDirectory, request: Request) -> Script | None:
    """Write the file, run the post-write hooks, and add the revision to the map.

    :return: the new script; `None` if the name of the file is not that of a revision file
    :raises CommandError: as `generate_revision`
    """
    with as_command_errors():
        base.Script.verify_rev_id(request.revid)
    _refuse_unaddressable(request)
    with as_command_errors(several_heads=_SEVERAL_HEADS):
        resolved = directory.revision_map.get_revisions(request.head)
    parents = cast("tuple[Script, ...]", resolved)
    _refuse_below_first(request.head, resolved)
    labels = util.to_tuple(request.branch_labels, default=())
    _refuse_taken(directory, request.revid, labels)
    if len(set(parents)) != len(parents):
        raise util.CommandError("Duplicate head revisions specified")

    created = directory._generate_create_date()
    location = _location(directory, request, parents)
    # Projects override `_rev_path` with Alembic's four parameters.
    template = () if request.file_template is None else (request.file_template,)
    path = directory._rev_path(location, request.revid, request.message, created, *template)
    if not request.splice:
        _refuse_to_branch(parents)
    depends_on = _dependencies(directory, request.depends_on)
    _refuse_to_overwrite(path)
    if directory.version_locations:
        directory._ensure_directory(location)
    directory._ensure_directory(path.parent)

    directory._generate_template(
        Path(directory.dir, "script.py.mako"),
        path,
        up_revision=str(request.revid),
        down_revision=tuple_rev_as_scalar(tuple(parent.revision for parent in parents)),
        branch_labels=None if request.branch_labels is None else labels,
        depends_on=depends_on,
        create_date=created,
        comma=util.format_as_comma,
        message=request.message if request.message is not None else "empty message",
        **request.variables,
    )
    if directory.hooks:
        from limbeck.script import write_hooks

        write_hooks.run_all(path, directory.hooks)
    _add_imports(path, request.variables)
    return _add_to_map(directory, path, request.branch_labels)


def _add_imports(path: Path, variables: Mapping[str, Any]) -> None:
    """Add the imports that a new file lacks after the hooks, which may have added them.

    :raises CommandError: a name has no import; the file is removed.
    """
    from limbeck.script._imports import with_imports

    if not path.is_file():
        return  # a hook has moved it
    source = path.read_bytes()
    try:
        complete = with_imports(path, source, variables)
    except util.CommandError:
        path.unlink()
        raise
    if complete != source:
        replace_file(str(path), complete)


#: Symbols, which take precedence over identifiers.
_SYMBOLS = ("base", "current", "head", "heads")


def _refuse_unaddressable(request: Request) -> None:
    """Raise an error for an identifier or label that later commands cannot resolve or print.

    :raises CommandError: if the identifier is a symbol or contains a space, or a name is not printable
    """
    if request.revid in _SYMBOLS:
        raise util.CommandError(
            f"Revision identifier '{request.revid}' is not allowed: on the command line it is a word "
            "with a meaning of its own"
        )
    labels = util.to_tuple(request.branch_labels, default=())
    for what, name in (
        ("Revision identifier", request.revid),
        *(("Branch label", x) for x in labels),
    ):
        if name and not name.isprintable():
            raise util.CommandError(
                f"{what} {name!a} is not allowed: it has characters that are not printable text"
            )
    if any(character.isspace() for character in request.revid):
        raise util.CommandError(
            f"Revision identifier '{request.revid}' is not allowed: it has a space in it"
        )


def _refuse_below_first(head: _RevIdType, parents: Iterable[object]) -> None:
    """Raise an error for a relative identifier that leads past the first revision.

    :raises CommandError: if a parent is the base
    """
    if any(parent is None or parent == "base" for parent in parents):
        shown = head if isinstance(head, str) else ", ".join(map(str, head))
        raise util.CommandError(
            f"Head '{shown}' leads below the first revision; for a revision that follows none, "
            "specify 'base'"
        )


def _refuse_taken(directory: ScriptDirectory, revid: str, labels: Iterable[str]) -> None:
    """Raise an error for an identifier or label that another revision has.

    :raises CommandError: if the identifier or a label is taken, or a label is given twice
    """
    revisions = directory.revision_map
    graph = revisions._graph
    number = graph.index(revid)
    if number is not None:
        with as_command_errors():
            script = cast("Script", revisions.get_revision(graph.id(number)))
        raise util.CommandError(f"Revision identifier '{revid}' is taken already, by {script.path}")
    taken = {revid}
    for label in labels:
        number = graph.index(label)
        if number is not None or label in taken:
            other = revid if number is None else graph.id(number)
            raise util.CommandError(
                f"Branch name '{label}' in revision {revid} already used by revision {other}"
            )
        taken.add(label)


def refuse_broken(path: Path, source: bytes) -> None:
    """Compile the source of a revision file before it is written; do nothing if the path does not end with `.py`.

    :raises CommandError: the source is not valid Python; the message shows the line
    """
    if not path.name.endswith(".py"):
        return
    try:
        compile(source, str(path), "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as problem:
        number = getattr(problem, "lineno", None) or 1
        lines = source.splitlines()
        line = lines[number - 1].decode(errors="replace").strip() if number <= len(lines) else ""
        raise util.CommandError(
            f"Revision file {path.name} is not written, as it would not be valid Python: "
            f"{getattr(problem, 'msg', problem)} in line {number}:\n\n    {line}\n\n"
            "If a type or default of the model stands there, give it a repr() that is Python, "
            "or have env.py render it with render_item."
        ) from problem


def _location(directory: ScriptDirectory, request: Request, parents: Iterable[Script]) -> Path:
    """Return the folder of the new file: `version_path`, else the only version location, else that of the first parent.

    :raises CommandError: if `version_path` is not a version location, or the folder is not determined
    """
    locations = directory._version_locations
    if request.version_path is not None:
        path = Path(request.version_path)
        if _normalized(path) not in map(_normalized, locations):
            raise util.CommandError(f"Path {path} is not represented in current version locations")
        return path
    if len(locations) == 1:
        return locations[0]
    for parent in parents:
        return Path(parent.path).parent
    raise util.CommandError("Multiple version locations present, please specify --version-path")


def _normalized(path: Path) -> str:
    """Return a normalized path for comparison."""
    return os.path.normcase(util.pyfiles.absolute_path(path))


def _refuse_to_branch(parents: Iterable[Script]) -> None:
    for parent in parents:
        if not parent.is_head:
            raise util.CommandError(
                f"Revision {parent.revision} is not a head revision; please specify --splice to "
                "create a new branch from this revision"
            )


def _refuse_to_overwrite(path: Path) -> None:
    """Raise an error if the file exists, which is possible if `file_template` has no `%(rev)s`.

    :raises CommandError: if the file exists
    """
    if path.is_file():
        raise util.CommandError(
            f"Revision file {path.name} is not written, as {path} exists already; "
            "use another message, or have %(rev)s in file_template"
        )


def _dependencies(
    directory: ScriptDirectory, depends_on: _RevIdType | None
) -> str | list[str] | None:
    """Return the dependencies as full identifiers.

    A branch label remains a label, which is resolved whenever the graph is built.

    :return: an identifier or label if there is one dependency, a list for several, `None` for none
    :raises CommandError: if a dependency is unknown, or is the base
    """
    if not depends_on:
        return None
    names = []
    for name in util.to_list(depends_on, default=[]):
        with as_command_errors():
            script = directory.revision_map.get_revision(name)
        if script is None:
            raise util.CommandError(
                f"Dependency '{name}' is no revision: a revision cannot depend on the base"
            )
        names.append(name if name in script.branch_labels else script.revision)
    return names[0] if len(names) == 1 else names


def _add_to_map(directory: ScriptDirectory, path: Path, labels: _RevIdType | None) -> Script | None:
    """Import the new file, check its labels, and add its revision to the map.

    :return: the script; `None` if the name of the file is not that of a revision file
    :raises CommandError: if the import fails, the file lacks the labels, or the graph would become invalid
    """
    from limbeck.script.base import Script

    try:
        script = Script._from_path(directory, path)
    except util.CommandError:
        raise
    except Exception as error:
        raise _not_kept(path, error) from error
    if script is None:
        return None
    if labels and not script.branch_labels:
        raise util.CommandError(
            f"Version {script.revision} specified branch_labels {labels}, however the "
            f"migration file {script.path} does not have them; have you upgraded your "
            "script.py.mako to include the 'branch_labels' section?"
        )
    with as_command_errors():
        directory.revision_map.add_revision(script)
    return script


def _not_kept(path: Path, error: Exception) -> util.CommandError:
    """Remove a new file that cannot be imported, and return the error for it."""
    from traceback import extract_tb

    numbers = [
        frame.lineno for frame in extract_tb(error.__traceback__) if frame.filename == str(path)
    ]
    numbers += [error.lineno] if isinstance(error, SyntaxError) else []
    source = path.read_text(errors="replace").splitlines()
    number = next((n for n in reversed(numbers) if n and n <= len(source)), None)
    where = f" in line {number}:\n\n    {source[number - 1].strip()}" if number else ""
    path.unlink()
    return util.CommandError(
        f"Revision file {path.name} is not kept, as it cannot be imported: "
        f"{type(error).__name__}: {error}{where}\n\n"
        "hint: correct script.py.mako, or what the hooks of env.py and alembic.ini make of the file"
    )
