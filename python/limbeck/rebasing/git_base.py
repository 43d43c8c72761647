"""Which revisions the base has: the branch in Git onto which revisions move."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from limbeck import _core
from limbeck.util._git import default_branch, git, git_bytes, has_commit
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.script.base import ScriptDirectory


class Base(NamedTuple):
    """The base.

    :ivar name: the refs, for messages.
    :ivar revisions: the identifiers of its revisions that this checkout has too, and those that it had at the merge base.
    :ivar missing: those that this checkout lacks; empty during a merge or a rebase of Git.
    """

    name: str
    revisions: frozenset[str]
    missing: tuple[str, ...]


def find_base(script: ScriptDirectory, ref: str | None) -> Base | None:
    """Return the base.

    :param script: the script directory.
    :param ref: the ref that the user named.
    :return: `None` outside of Git, or if Git does not know the default branch and no ref was named.
    :raises CommandError: the ref does not exist.
    """
    folder = script.dir
    if git(folder, "rev-parse", "--is-inside-work-tree") != "true":
        if ref is not None:
            raise CommandError(f"{folder} is not in a Git checkout, so that there is no '{ref}'")
        return None
    if ref is not None:
        if not has_commit(folder, ref):
            raise CommandError(
                f"This Git checkout does not have '{ref}'\n\n"
                "hint: a shallow checkout lacks it: fetch the history (`git fetch --unshallow`)"
            )
        return _base(script, [ref], is_complete=True)
    default = default_branch(folder)
    in_progress = _side_in_progress(folder, default)
    refs = [name for name in (in_progress, default) if name is not None]
    return _base(script, refs, is_complete=in_progress is None) if refs else None


def _side_in_progress(folder: str, default: str | None) -> str | None:
    """Return the ref with the base's side while Git merges or rebases; `None` if it does neither.

    `git rebase` and `git cherry-pick` put own commits on top of HEAD. `git merge` on the default branch takes in someone's
    revisions; on any other branch it takes in those of the base.
    """

    def has(name: str) -> bool:
        path = git(folder, "rev-parse", "--git-path", name)
        return path is not None and os.path.exists(os.path.join(folder, path))

    if any(map(has, ("rebase-merge", "rebase-apply", "CHERRY_PICK_HEAD"))):
        return "HEAD"
    if not has("MERGE_HEAD"):
        return None
    branch = git(folder, "symbolic-ref", "--quiet", "--short", "HEAD")
    is_default = default is not None and branch == default.removeprefix("origin/")
    return "HEAD" if is_default else "MERGE_HEAD"


def _base(script: ScriptDirectory, refs: list[str], *, is_complete: bool) -> Base | None:
    top = git(script.dir, "rev-parse", "--show-toplevel")
    if top is None:
        return None
    paths = {found.revision: os.path.realpath(found.path) for found in script.walk_revisions()}
    by_path = {path: id for id, path in paths.items()}
    in_git: set[str] = set()
    # What either side has deleted since is neither new nor missing.
    common: set[str] = set()
    for ref in refs:
        found = _identifiers(script, top, ref, by_path)
        in_git |= found
        merge_base = git(script.dir, "merge-base", ref, "HEAD")
        if merge_base == git(script.dir, "rev-parse", f"{ref}^{{commit}}"):
            common |= found
        elif merge_base is not None:
            common |= _identifiers(script, top, merge_base, by_path)
    # A file outside of the checkout, as in an installed package, is not one of this branch.
    outside = {id for id, path in paths.items() if not _is_inside(path, top)}
    missing = sorted(in_git - common - set(paths)) if is_complete else ()
    old = (in_git | common) & set(paths)
    return Base(" and ".join(refs), frozenset(old | outside), tuple(missing))


def _identifiers(
    script: ScriptDirectory, top: str, ref: str, by_path: Mapping[str, str]
) -> set[str]:
    """Return the identifiers of the revision files that a commit has."""
    names = list(_files(script, top, ref))
    request = "".join(f"{ref}:{name}\n" for name in names)
    encoded = request.encode("utf-8", "surrogateescape")
    output = git_bytes(top, "cat-file", "--batch", input=encoded) or b""
    found = set()
    for name, content in zip(names, _blobs(output), strict=False):
        # A header that is computed would have to be imported; the file of this name here has been.
        id = _core.read_identifier(content) or by_path.get(
            os.path.realpath(os.path.join(top, name))
        )
        if id is not None:
            found.add(id)
    return found


def _files(script: ScriptDirectory, top: str, ref: str) -> Iterator[str]:
    """Yield the revision files of a commit, relative to the root of the checkout."""
    recursive = ("-r",) if script.recursive_version_locations else ()
    for folder in script._folders:
        place = os.path.realpath(folder)
        if not _is_inside(place, os.path.realpath(top)):
            continue
        relative = os.path.relpath(place, os.path.realpath(top)).replace(os.sep, "/")
        below = () if relative == "." else ("--", f"{relative}/")
        listing = git_bytes(
            top, "ls-tree", *recursive, "-z", "--name-only", "--full-tree", ref, *below
        )
        for name in (listing or b"").decode("utf-8", "surrogateescape").split("\0"):
            if name and script._is_revision_file(os.path.basename(name)) and "\n" not in name:
                yield name


def _blobs(output: bytes) -> Iterable[bytes]:
    """Yield the contents that `git cat-file --batch` printed; empty ones for what is missing."""
    position = 0
    while position < len(output):
        end = output.index(b"\n", position)
        fields = output[position:end].split(b" ")
        position = end + 1
        if fields[-1] == b"missing":
            yield b""
            continue
        size = int(fields[-1])
        yield output[position : position + size]
        position += size + 1


def _is_inside(path: str, folder: str) -> bool:
    return os.path.commonpath(
        [os.path.realpath(path), os.path.realpath(folder)]
    ) == os.path.realpath(folder)
