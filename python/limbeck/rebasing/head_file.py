"""The head file, which makes two revisions with one parent a conflict in Git.

`versions/HEAD` has one line for each branch: the head, and the branch labels in parentheses. Where the package
alembic-linear-migrations has its file, `head.txt` in the script directory, that one is kept instead.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from limbeck.rebasing.interrupted import refuse_interrupted
from limbeck.rebasing.transaction import Replacement
from limbeck.settings.limbeck_section import Settings
from limbeck.util._files import replace_file
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.config import Config
    from limbeck.script._script import Script
    from limbeck.script.base import ScriptDirectory

_OWN = "HEAD"
_OF_PACKAGE = "head.txt"
#: The beginning of the package's file.
_MARK = b"# alembic-linear-migrations"
#: Git's markers: of our side, the common ancestor, the middle, and their side.
_OURS, _BASE, _MIDDLE, _THEIRS = "<<<<<<<", "|||||||", "=======", ">>>>>>>"
_NEWLINE = re.compile(r"\r\n|\r|\n")


class HeadFile(NamedTuple):
    """A head file.

    :ivar path: the file, which may be new.
    :ivar content: its bytes; `None` if it does not exist.
    """

    path: str
    content: bytes | None

    @property
    def _lines(self) -> list[str]:
        text = (self.content or b"").decode("utf-8", "replace")
        return [line for line in _NEWLINE.split(text) if line.strip()]

    @property
    def has_conflict(self) -> bool:
        """Whether it has conflict markers."""
        return any(line.startswith((_OURS, _THEIRS)) for line in self._lines)

    @property
    def heads(self) -> list[str]:
        """The identifiers, of both sides in a conflict."""
        markers = (_OURS, _BASE, _MIDDLE, _THEIRS, "#")
        found: dict[str, None] = {}
        is_base = False
        for line in self._lines:
            if line.startswith((_BASE, _MIDDLE)):
                is_base = line.startswith(_BASE)
            elif not is_base and not line.startswith(markers):
                found[line.split()[0]] = None
        return list(found)

    def naming(self, heads: Sequence[tuple[str, Sequence[str]]]) -> bytes:
        """Return the content that names heads; comments and line ends stay.

        :param heads: the heads, each with its branch labels.
        """
        newline = "\r\n" if b"\r\n" in (self.content or b"") else "\n"
        comments = [line for line in self._lines if line.startswith("#")]
        labelled = sorted((sorted(labels), head) for head, labels in heads)
        lines = [f"{head} ({', '.join(ls)})" if ls else head for ls, head in labelled]
        return "".join(f"{line}{newline}" for line in (*comments, *lines)).encode()

    def replacement(self, heads: Sequence[tuple[str, Sequence[str]]]) -> Replacement | None:
        """Return the change that makes it name heads; `None` if it does."""
        after = self.naming(heads)
        return None if after == self.content else Replacement(self.path, self.content, after)


def find(config: Config, script: ScriptDirectory) -> HeadFile | None:
    """Return the head file of a project; `None` if it is to have none.

    :raises CommandError: the file cannot be read.
    """
    of_package = _read(os.path.join(script.dir, _OF_PACKAGE))
    if (of_package.content or b"").startswith(_MARK):
        return of_package
    if not Settings.read(config).linear:
        return None
    return _read(os.path.join(script._folders[0], _OWN))


def _read(path: str) -> HeadFile:
    """Return a head file, which need not exist.

    :raises CommandError: it cannot be read.
    """
    try:
        with open(path, "rb") as file:
            return HeadFile(path, file.read())
    except FileNotFoundError:
        return HeadFile(path, None)
    except OSError as error:
        raise CommandError(f"Cannot read {path}: {error.strerror}") from error


@contextmanager
def keeping(config: Config, script: ScriptDirectory) -> Iterator[None]:
    """After the block, which adds a revision, write the head file of a project with `linear = true`.

    :raises CommandError: a rebase or squash was interrupted, a setting is invalid, or the file cannot be written.
    """
    refuse_interrupted(script.dir)
    is_linear = Settings.read(config).linear
    yield
    if not is_linear:
        return
    found = find(config, script)
    heads = [(head.revision, sorted(head.branch_labels)) for head in head_scripts(script)]
    change = None if found is None else found.replacement(heads)
    if change is not None and change.after is not None:
        try:
            os.makedirs(os.path.dirname(change.path), exist_ok=True)
            replace_file(change.path, change.after)
        except OSError as error:
            raise CommandError(f"Cannot write {change.path}: {error.strerror}") from error


def crowded(heads: Iterable[tuple[str, Iterable[str]]]) -> list[tuple[str, ...]]:
    """Return the heads that share their branch, in a tuple for each branch: their labels are the same.

    :param heads: the heads, each with its branch labels.
    """
    groups: dict[frozenset[str], list[str]] = {}
    for head, labels in heads:
        groups.setdefault(frozenset(labels), []).append(head)
    return [tuple(sorted(group)) for group in groups.values() if len(group) > 1]


def head_scripts(script: ScriptDirectory) -> Sequence[Script]:
    """Return the heads of a script directory."""
    return script.get_revisions(script.get_heads())
