"""Another limbeck to compare with: a Git revision of this repository, a wheel, or a release on the package index."""

import importlib.util
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from support.environments import pip_install
from support.programs import Program, limbeck_in, link_limbeck

ROOT = Path(__file__).resolve().parent.parent


class UnknownRevision(ValueError):
    """`--against` names neither a wheel nor a release nor a Git revision."""


def two_limbecks(what: str, cache: Path, scratch: Path) -> dict[str, Program]:
    """Return another limbeck and the one that this interpreter imports, by the titles of their columns.

    Both are found through PYTHONPATH by the same interpreter, so that they start alike.

    :param what: a wheel's path, a requirement such as `limbeck==0.1.0`, or a Git revision, which is built
    :param cache: the folder of builds
    :raises UnknownRevision: there is no such revision
    :raises RuntimeError: the build failed
    """
    if what.endswith(".whl") or "==" in what:
        title, other = Path(what).name, scratch / "other"
        pip_install(Path(sys.executable), "--no-deps", "--target", str(other), what)
    else:
        commit = commit_of(what)
        title, other = commit[:10], cache.resolve() / f"limbeck-{commit}"
        if not other.exists():
            _build(commit, other)
    current = scratch / "current"
    current.mkdir()
    link_limbeck(current)
    return {
        f"limbeck {title}": limbeck_in(other, scratch),
        "limbeck": limbeck_in(current, scratch),
    }


def commit_of(revision: str) -> str:
    """Return the commit that a Git revision names.

    :raises UnknownRevision: there is none
    """
    found = _git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    if found is None:
        raise UnknownRevision(
            f"`--against {revision}`: neither a wheel nor a release nor a Git revision"
        )
    return found.decode().strip()


def state_of_tree() -> tuple[str, bool]:
    """Return the short commit of this tree, and whether what is measured was changed since."""
    commit = _git("rev-parse", "--short=10", "HEAD") or b"unknown"
    changes = _git("status", "--porcelain", "--", "python", "src", "Cargo.toml", "Cargo.lock")
    return commit.decode().strip(), bool(changes)


def _git(*arguments: str) -> bytes | None:
    """Return the output of a Git command in this tree; None if it fails."""
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None


def _build(commit: str, target: Path) -> None:
    """Build a commit with pip, and install it into a folder without its dependencies."""
    with tempfile.TemporaryDirectory(prefix="bench") as folder:
        archive = _git("archive", commit)
        assert archive is not None
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            tar.extractall(folder, filter="fully_trusted")
        # Builds of several commits share the compiled dependencies.
        shared = os.environ.get("CARGO_TARGET_DIR", str(target.parent / "target"))
        has_maturin = importlib.util.find_spec("maturin") is not None
        options = ["--no-build-isolation"] if has_maturin else []
        partial = target.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        arguments = ("--no-deps", *options, "--target", str(partial), folder)
        pip_install(Path(sys.executable), *arguments, env={"CARGO_TARGET_DIR": shared})
        partial.rename(target)
