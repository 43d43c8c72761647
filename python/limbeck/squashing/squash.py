"""`squash()`: finds out what is replaced, writes the new file, and moves the old ones."""

from __future__ import annotations

import ast
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from limbeck import _core
from limbeck.lint.output.paths import relative
from limbeck.rebasing import head_file, transaction
from limbeck.rebasing.conflicts import refuse_conflicts
from limbeck.rebasing.transaction import Replacement
from limbeck.script._squashed import read_squash
from limbeck.script.base import ScriptDirectory
from limbeck.squashing.chain import find_chain
from limbeck.squashing.concat import Parts, concatenated
from limbeck.squashing.data import DataStatement, data_statements
from limbeck.squashing.new_file import NewFile
from limbeck.squashing.old_file import OldFile
from limbeck.squashing.proof import compare_chains
from limbeck.squashing.schema import write_schema
from limbeck.util._words import counted
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.config import Config
    from limbeck.script._script import Script

Mode = Literal["schema", "concat"]


class Request(NamedTuple):
    """What the user asked for.

    :ivar revisions: the range FROM:TO, both included.
    :ivar message: the message of the new revision; `None` for one that names the range.
    :ivar mode: how the new bodies are made: `schema` or `concat`.
    :ivar keep: the folder in which the folder of the replaced files is made; `None` for the usual one.
    :ivar keep_data: whether the rows stay that data statements insert; `None` if that was not said.
    :ivar verify: compare what the old and the new revisions make, on scratch databases.
    :ivar dry_run: change nothing.
    """

    revisions: str
    message: str | None = None
    mode: Mode = "schema"
    keep: str | None = None
    keep_data: bool | None = None
    verify: bool = False
    dry_run: bool = False


class Squash(NamedTuple):
    """What a squash has done, or would do.

    :ivar revision: the identifier of the new revision, which is that of the last one that it replaces.
    :ivar replaced: the revisions that it replaces, in their order, with that one.
    :ivar path: the new file.
    :ivar folder: the folder of the replaced files.
    :ivar mode: how the bodies were made: `schema` or `concat`.
    :ivar dropped_data: the data statements that the new revision lacks.
    :ivar files: all files with their old and new content.
    :ivar finished: whether an earlier rebase or squash that was interrupted was finished first.
    :ivar not_compared: the columns that `verify` did not compare, because each run gives them other values.
    """

    revision: str
    replaced: tuple[str, ...]
    path: str
    folder: str
    mode: Mode
    dropped_data: tuple[DataStatement, ...]
    files: tuple[Replacement, ...]
    finished: bool
    not_compared: tuple[str, ...] = ()


def run(config: Config, request: Request) -> Squash:
    """Replace revisions by one.

    :param config: the configuration.
    :param request: which, and how.
    :raises CommandError: it is refused; no file is changed then.
    """
    script = ScriptDirectory.from_config(config)
    folders = [*script._folders, *([request.keep] if request.keep else [])]
    with transaction.exclusive(script.dir, folders, dry_run=request.dry_run) as finished:
        refuse_conflicts(script)
        done = _squash(config, script, request)._replace(finished=finished)
        if request.verify:
            with _copy(config, script, done.files) as after:
                with_rows = not done.dropped_data
                ignored = compare_chains(config, script, after, with_rows=with_rows)
            done = done._replace(not_compared=ignored)
        if not request.dry_run:
            transaction.replace_files(script.dir, done.files)
            _run_hooks(script, done.path)
    return done


def _squash(config: Config, script: ScriptDirectory, request: Request) -> Squash:
    """Return what a squash does, without changing a file."""
    chain = find_chain(script, request.revisions)
    _refuse_computed(chain)
    first, last = chain[0].revision, chain[-1].revision
    message = request.message or f"squash of {counted(len(chain), 'revision')}, {first} to {last}"
    new = NewFile(config, script, chain, message, request.keep)
    _refuse_moved_folder(chain, new)
    data: tuple[DataStatement, ...] = ()
    if request.mode == "concat":
        if request.keep_data is False:
            raise CommandError(
                "The mode concat keeps data statements: they are a part of the bodies\n\n"
                "hint: --mode schema --drop-data leaves them out"
            )
        parts = concatenated([OldFile.read(one.revision, one.path) for one in chain], new.head())
    else:
        data = _data(script, chain, request)
        parts = Parts(write_schema(config, script, chain, keep_data=bool(request.keep_data)))
    files = _files(chain, new, new.content(parts))
    guard = head_file.find(config, script)
    heads = [(head.revision, sorted(head.branch_labels)) for head in head_file.head_scripts(script)]
    change = None if guard is None else guard.replacement(heads)
    return Squash(
        revision=last,
        replaced=tuple(one.revision for one in chain),
        path=new.place.path,
        folder=new.place.folder,
        mode=request.mode,
        dropped_data=data if request.keep_data is False else (),
        files=(*files, *([change] if change is not None else [])),
        finished=False,
    )


def _refuse_computed(chain: Sequence[Script]) -> None:
    for one in chain:
        if not _names_identifier(one):
            raise CommandError(
                f"{one.path}: its header is computed\n\n"
                "hint: write the identifiers in it as strings"
            )


def _names_identifier(script: Script) -> bool:
    """Return whether a file assigns the identifier as a string."""
    content = Path(script.path).read_bytes()
    if _core.read_identifier(content) == script.revision:
        return True
    # The engine leaves a file to Python if it uses `globals()`, as that of the template multidb does, or is not UTF-8.
    found: list[object] = []
    for statement in ast.parse(content).body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        if any(isinstance(target, ast.Name) and target.id == "revision" for target in targets):
            found.append(getattr(getattr(statement, "value", None), "value", None))
    return found == [script.revision]


def _data(
    script: ScriptDirectory, chain: Sequence[Script], request: Request
) -> tuple[DataStatement, ...]:
    """Return the data statements of a squash in the mode `schema`.

    :raises CommandError: there are some, and nothing says what happens to them.
    """
    data = tuple(data_statements(script, chain))
    if data and request.keep_data is None:
        listed = "\n".join(f"  {relative(one.file)}, line {one.line}: {one.text}" for one in data)
        raise CommandError(
            f"The range has data statements:\n{listed}\n\n"
            "hint: --keep-data writes the rows that they leave in a new database, --drop-data leaves them out, and "
            "--mode concat keeps the statements"
        )
    return data


def _refuse_moved_folder(chain: Sequence[Script], new: NewFile) -> None:
    """Refuse a squash of a squash in another folder: the path of its old files is relative to its folder."""
    folder = os.path.dirname(new.place.path)
    for one in chain:
        if read_squash(one.revision, one.path) and not _same(os.path.dirname(one.path), folder):
            raise CommandError(
                f"{one.path} is the file of a squash, and its replaced files are found from its folder, "
                f"which is not that of {chain[-1].path}\n\n"
                f"hint: begin the range after {one.revision}"
            )


def _same(one: str, other: str) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def _files(chain: Sequence[Script], new: NewFile, content: bytes) -> list[Replacement]:
    """Return the files, in the order in which they are replaced.

    :raises CommandError: two of them would have one name.
    """
    path, folder = new.place
    before = {os.path.realpath(one.path): Path(one.path).read_bytes() for one in chain}
    old = before.get(os.path.realpath(path))
    if old is None and os.path.exists(path):
        raise CommandError(f"{path} exists already\n\nhint: name another message: -m MESSAGE")
    moved = {}
    for source, text in before.items():
        target = os.path.join(folder, os.path.basename(source))
        if target in moved:
            raise CommandError(
                f"Two files of the range have the name {os.path.basename(source)}\n\n"
                "hint: rename one of them"
            )
        moved[target] = text
    return [
        *(Replacement(target, None, text) for target, text in moved.items()),
        Replacement(path, old, content),
        *(
            Replacement(source, text, None)
            for source, text in reversed(before.items())
            if source != os.path.realpath(path)
        ),
    ]


@contextmanager
def _copy(
    config: Config, script: ScriptDirectory, files: Sequence[Replacement]
) -> Iterator[ScriptDirectory]:
    """Within the block, there is a copy of the revision files with other content."""
    with tempfile.TemporaryDirectory() as folder:
        copies = {}
        for number, location in enumerate(script._folders):
            copies[location] = os.path.join(folder, str(number))
            if os.path.isdir(location):
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(location, copies[location], ignore=ignored)
            else:
                os.mkdir(copies[location])
        for path, _, after in files:
            for location, copy in copies.items():
                inner = os.path.relpath(os.path.realpath(path), os.path.realpath(location))
                target = os.path.join(copy, inner)
                if inner.startswith(os.pardir):
                    continue
                if after is None:
                    os.unlink(target)
                else:
                    os.makedirs(os.path.dirname(target), exist_ok=True)
                    Path(target).write_bytes(after)
        copied = ScriptDirectory.from_config(config)
        copied.version_locations = list(copies.values())
        # Read now, because env.py may set `context.script.version_locations` to the folders themselves.
        copied.get_heads()
        yield copied


def _run_hooks(script: ScriptDirectory, path: str) -> None:
    if script.hooks:
        from limbeck.script import write_hooks

        write_hooks.run_all(Path(path), script.hooks)
