"""Questions to Git."""

from __future__ import annotations

import subprocess
from pathlib import Path


def git(folder: str, *arguments: str) -> str | None:
    """Return the output of Git without white space at its ends.

    :param folder: the working directory.
    :param arguments: the arguments.
    :return: `None` if Git fails, or is not installed.
    """
    output = git_bytes(folder, *arguments)
    return None if output is None else output.decode("utf-8", "surrogateescape").strip()


def git_bytes(folder: str, *arguments: str, input: bytes = b"") -> bytes | None:
    """Return the output of Git; parameters and result as for `git()`.

    :param input: what Git reads from standard input.
    """
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=Path(folder), input=input, capture_output=True, check=False
        )
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def has_commit(folder: str, ref: str) -> bool:
    """Return whether a ref names a commit."""
    return git(folder, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}") is not None


def default_branch(folder: str) -> str | None:
    """Return the default branch: that of the remote `origin`, else main or master; `None` if there is none."""
    remote = git(folder, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
    for name in (remote, "origin/main", "origin/master", "main", "master"):
        if name and has_commit(folder, name):
            return name
    return None
