"""`limbeck doctor`: which implementation `import alembic` finds here, why, and how to change it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING

import limbeck
from limbeck import _facade

if TYPE_CHECKING:
    from limbeck.config import Config

_REINSTALL = "pip install --force-reinstall --no-deps limbeck"
_ADVICE = {
    "limbeck": "nothing to do.",
    "alembic": (
        f"to switch, `pip uninstall alembic`, then `{_REINSTALL}` (uninstalling removes files of the\n"
        "    same names); or, where another package needs Alembic to be installed, use the `limbeck` command,\n"
        "    and in your own code `import limbeck; limbeck.activate()` before anything imports `alembic`."
    ),
    "nothing": f"`{_REINSTALL}` puts the package `alembic` back.",
    "other": (
        "take what lies there out of the path, or call `limbeck.activate()` before anything imports `alembic`."
    ),
}


@dataclass(frozen=True)
class Finding:
    """What `import alembic` finds: `kind` is limbeck, alembic, nothing or other."""

    kind: str
    where: str | None
    version: str | None = None

    @property
    def sentence(self) -> str:
        match self.kind:
            case "limbeck":
                return (
                    f"limbeck {limbeck.__version__}, which answers as Alembic {_facade.__version__}"
                )
            case "alembic":
                return f"Alembic itself{f', version {self.version}' if self.version else ''}"
            case "nothing":
                return "nothing: there is no package `alembic`"
            case _:
                return "neither limbeck nor Alembic"


def find(path: Sequence[str] | None = None) -> Finding:
    """What an `import alembic` without `limbeck.activate()` would find on `path` (`sys.path` unless given)."""
    spec = PathFinder.find_spec("alembic", None if path is None else list(path))
    if spec is None:
        return Finding("nothing", None)
    if (
        spec.origin is None
    ):  # a folder without __init__.py: what is left after Alembic was uninstalled
        folders = list(spec.submodule_search_locations or ())
        return Finding("nothing", folders[0] if folders else None)
    text = Path(spec.origin).read_text(encoding="utf-8", errors="replace")
    if "limbeck" in text:
        return Finding("limbeck", spec.origin)
    folder = Path(spec.origin).parent
    if (folder / "runtime" / "migration.py").exists():
        return Finding("alembic", spec.origin, _installed_version("alembic"))
    return Finding("other", spec.origin)


def _installed_version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _why(finding: Finding) -> list[str]:
    """The facts that decide what is found."""
    lines = []
    other = _installed_version("alembic")
    if other is not None:
        lines.append(
            f"the distribution alembic {other} is installed too; it and limbeck write files of the same names,"
        )
        last = "alembic" if finding.kind == "alembic" else "limbeck"
        lines.append(f"and those of {last} are the ones that lie there now")
        lines += [f"{name} requires it" for name in _requirers("alembic")]
    elif finding.kind == "limbeck":
        lines.append(
            "no distribution named alembic is installed, and limbeck's package is first on the path"
        )
    elif finding.kind == "nothing":
        lines.append("uninstalling Alembic removes the files that limbeck has under the same names")
    if finding.kind == "other" and finding.where is not None:
        lines.append(f"{Path(finding.where).parent.parent} comes first on the path")
    return lines


def _requirers(name: str) -> list[str]:
    """The installed distributions that require `name`."""
    found = set()
    for distribution in metadata.distributions():
        for requirement in distribution.requires or ():
            bare = requirement.replace("(", " ").split(";")[0].strip()
            stem = "".join(c if c.isalnum() or c in "-_." else " " for c in bare).split()
            if stem and stem[0].lower() == name:
                found.add(distribution.metadata["Name"])
    return sorted(found)


def _command_line(name: str) -> str:
    """Whose the console script `name` on PATH is."""
    path = shutil.which(name)
    if path is None:
        return "not on PATH"
    try:
        text = Path(path).read_bytes()
    except OSError as error:
        return f"{path} ({error.strerror})"
    if b"limbeck" in text:
        return f"{path} (limbeck)"
    if b"alembic.config" in text:
        return f"{path} (Alembic)"
    return f"{path} (cannot tell whose)"


def report(finding: Finding) -> str:
    """The text of the command."""
    lines = [f"`import alembic` finds {finding.sentence}"]
    if finding.where:
        lines.append(f"  where: {finding.where}")
    lines += [
        f"  {'why:  ' if n == 0 else '      '} {fact}" for n, fact in enumerate(_why(finding))
    ]
    lines.append(f"  hint:  {_ADVICE[finding.kind]}")
    lines.append("")
    lines += [f"the command `{name}`: {_command_line(name)}" for name in ("alembic", "limbeck")]
    lines.append(f"limbeck {limbeck.__version__}: {os.path.dirname(limbeck.__file__)}")
    lines.append(f"SQLAlchemy {_installed_version('SQLAlchemy') or 'is not installed'}")
    lines.append(f"Python {sys.version.split()[0]}: {sys.executable}")
    return "\n".join(lines)


def doctor_command(config: Config) -> None:
    """Print the report.

    :param config: the configuration, for printing
    :raises SystemExit: with status 1, where `import alembic` does not find limbeck
    """
    finding = find()
    config.print_stdout("%s", report(finding))
    if finding.kind != "limbeck":
        raise SystemExit(1)
