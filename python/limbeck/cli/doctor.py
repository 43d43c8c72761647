"""`limbeck doctor`: reports which implementation `import alembic` finds, why, and how to change it.

`limbeck.cli.doctor_project` looks at the project.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib import metadata
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING

from limbeck_names import DISABLE_FILE, DISABLE_VARIABLE, Activation, disabled_by

import limbeck
from limbeck.compat import ALEMBIC_VERSION, naming

if TYPE_CHECKING:
    from limbeck.cli.doctor_project import Check
    from limbeck.config import Config

_REINSTALL = "pip install --force-reinstall --no-deps limbeck"
_PACKAGE_FOLDER = os.path.dirname(os.path.abspath(limbeck.__file__))


@dataclass(frozen=True)
class Finding:
    """What `import alembic` finds.

    :ivar kind: `limbeck`, `alembic`, `nothing` or `other`
    :ivar where: the path of the module; `None` if there is none
    :ivar why: the reason
    :ivar hint: how to change it
    """

    kind: str
    where: str | None
    why: str
    hint: str

    @property
    def name(self) -> str:
        """The implementation and its version, for the report."""
        match self.kind:
            case "limbeck":
                return f"limbeck {limbeck.__version__}, which answers as Alembic {ALEMBIC_VERSION}"
            case "alembic":
                version = installed_alembic()
                return f"Alembic itself{f', version {version}' if version else ''}"
            case "nothing":
                return "nothing"
            case _:
                return "neither limbeck nor Alembic"


def find(path: Sequence[str] | None = None, *, at_start: bool | None = None) -> Finding:
    """Return what `import alembic` finds in a program that is started like this one.

    :param path: the folders to search; by default `sys.path`
    :param at_start: whether Python reads `limbeck_names.pth` at its start; by default, whether this process has read it
    """
    if at_start is None:
        at_start = Activation.at_start
    reason = disabled_by()
    if reason is not None:
        original = naming.find_original(path)
        how = (
            f"unset {DISABLE_VARIABLE}"
            if reason.startswith(DISABLE_VARIABLE)
            else "`limbeck doctor --enable`"
        )
        kind = "nothing" if original is None else _kind_of(original.origin)
        return Finding(
            kind,
            original.origin if original else None,
            f"limbeck is disabled: {reason}",
            f"{how} lets limbeck answer again.",
        )
    if at_start:
        return Finding(
            "limbeck",
            _PACKAGE_FOLDER,
            "limbeck_names.pth puts limbeck in front when Python starts",
            f"{DISABLE_VARIABLE}=1, or `limbeck doctor --disable` for this environment, lets Alembic itself answer.",
        )
    spec = PathFinder.find_spec("alembic", None if path is None else list(path))
    if spec is None or spec.origin is None:
        return Finding(
            "nothing", None, "there is no module `alembic` on the path", f"`{_REINSTALL}`."
        )
    kind = _kind_of(spec.origin)
    why = f"limbeck_names.pth was not read, and {spec.origin} comes first on the path"
    if kind == "limbeck":
        return Finding(kind, spec.origin, why, "nothing to do.")
    return Finding(
        kind,
        spec.origin,
        why,
        "call `limbeck.activate()` before anything imports `alembic`, or run the command `limbeck`.\n"
        "    Python reads .pth files in site-packages only: neither in a --target folder nor with -S.",
    )


def _kind_of(origin: str | None) -> str:
    """Return the `kind` of a `Finding`, by the file of the module."""
    if origin is None:
        return "other"
    text = Path(origin).read_text(encoding="utf-8", errors="replace")
    if "from limbeck" in text:
        return "limbeck"
    return "alembic" if Path(origin).with_name("runtime").is_dir() else "other"


def installed_alembic() -> str | None:
    """Return the version of the installed distribution alembic; `None` if there is none.

    The distribution of that name that limbeck provides at run time does not count.
    """
    context = metadata.DistributionFinder.Context(name="alembic")
    for distribution in metadata.MetadataPathFinder.find_distributions(context):
        return distribution.version
    return None


def _facts(finding: Finding) -> list[str]:
    """Return the reasons for the result, and the packages that require Alembic."""
    lines = [finding.why]
    version = installed_alembic()
    if version is None:
        lines.append("no distribution named alembic is installed")
        return lines
    lines.append(
        f"the distribution alembic {version} is installed too; it shares no file with limbeck"
    )
    return lines + [f"{name} requires it" for name in _requirers("alembic")]


def _requirers(name: str) -> list[str]:
    """Return the names of the installed distributions that require `name`, sorted."""
    requirers = set()
    for distribution in metadata.distributions():
        for requirement in distribution.requires or ():
            without_marker = requirement.replace("(", " ").split(";")[0].strip()
            words = "".join(c if c.isalnum() or c in "-_." else " " for c in without_marker).split()
            if words and words[0].lower() == name:
                requirers.add(distribution.metadata["Name"])
    return sorted(requirers)


def _distribution_version(finding: Finding) -> str:
    """Return a sentence that says what `importlib.metadata.version("alembic")` returns, and why."""
    call = '`importlib.metadata.version("alembic")`'
    version = installed_alembic()
    if version is not None:
        return f"{call} finds {version}, the distribution that is installed"
    if finding.kind == "limbeck":
        return (
            f"{call} finds {ALEMBIC_VERSION}: limbeck gives this version while `import alembic` finds limbeck;\n"
            "  to pip and other installers, Alembic is not installed"
        )
    return f"{call} finds nothing: Alembic is not installed"


def _command_line(name: str, finding: Finding) -> str:
    """Return a text about a command: its file, the package that installed it, and what it runs."""
    path = shutil.which(name)
    if path is None:
        return (
            "not on PATH; uninstalling Alembic removes it if Alembic was installed after limbeck.\n"
            f"  `{_REINSTALL}` writes it again; `python -m alembic` and `limbeck` are the same program"
        )
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        return f"{path} ({error.strerror})"
    if b"limbeck" in content:
        runs = "Alembic" if name == "alembic" and finding.kind == "alembic" else "limbeck"
        return f"{path} (written by limbeck, runs {runs})"
    if b"alembic.config" in content:
        runs = {"limbeck": "limbeck", "alembic": "Alembic"}.get(finding.kind, "what is found")
        return f"{path} (written by Alembic, runs {runs})"
    return f"{path} (neither limbeck nor Alembic wrote it, as far as its text tells)"


def report(finding: Finding) -> str:
    """Return the report as text."""
    lines = [f"`import alembic` finds {finding.name}"]
    if finding.where:
        lines.append(f"  where: {finding.where}")
    lines += [
        f"  {'why:  ' if n == 0 else '      '} {fact}" for n, fact in enumerate(_facts(finding))
    ]
    lines.append(f"  hint:  {finding.hint}")
    lines += ["", _distribution_version(finding)]
    lines += [
        f"the command `{name}`: {_command_line(name, finding)}" for name in ("alembic", "limbeck")
    ]
    lines.append(f"limbeck {limbeck.__version__}: {_PACKAGE_FOLDER}")
    lines.append(f"SQLAlchemy {_installed_version('SQLAlchemy') or 'is not installed'}")
    lines.append(f"Python {sys.version.split()[0]}: {sys.executable}")
    return "\n".join(lines)


def _installed_version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def set_disabled(disable: bool) -> None:
    """Disable or enable limbeck in this environment. While it is disabled, `import alembic` finds Alembic itself.

    :param disable: whether to disable limbeck
    :raises OSError: if the environment's folder is not writable
    """
    file = Path(DISABLE_FILE)
    if disable:
        file.write_text(
            "While this file exists, limbeck does not answer for `alembic` in this environment.\n"
            "`limbeck doctor --enable` removes it.\n",
            encoding="utf-8",
        )
    else:
        file.unlink(missing_ok=True)


def doctor_command(
    config: Config,
    disable: bool = False,
    enable: bool = False,
    database: bool = False,
    json: bool = False,
) -> None:
    """Print the report about the installation, and about the project if there is one.

    :param config: names the project, and prints the report
    :param disable: disable limbeck first
    :param enable: enable limbeck first
    :param database: print a report about the database that env.py uses instead
    :param json: print the report as JSON
    :raises CommandError: if two are set, the setting cannot be written, or env.py runs no migrations
    :raises SystemExit: with status 1, if something is not in order; with `disable`, `import alembic` need not find limbeck
    """
    from limbeck.util.exc import CommandError

    if disable + enable + database > 1:
        raise CommandError("Only one of --disable, --enable and --database makes sense")
    if database:
        from limbeck.cli.doctor_database import print_report

        print_report(config)
        return
    if disable or enable:
        try:
            set_disabled(disable)
        except OSError as error:
            raise CommandError(
                f"Cannot write {DISABLE_FILE}: {error.strerror}; "
                f"set the variable {DISABLE_VARIABLE} to 1 or 0 instead"
            ) from error
    finding = find()
    checks = () if disable or enable else _checks(config)
    if json:
        config.print_stdout("%s", _as_json(finding, checks))
    else:
        config.print_stdout("%s", "\n".join((report(finding), *_project_lines(config, checks))))
    is_found = finding.kind == "limbeck" or disable
    if not (is_found and all(check.ok for check in checks)):
        raise SystemExit(1)


def _checks(config: Config) -> Sequence[Check]:
    """Return what is found in the project; what env.py prints goes to standard error."""
    from limbeck.cli.doctor_project import look, settings_file

    if settings_file(config) is None:
        return ()
    with redirect_stdout(sys.stderr):
        return tuple(look(config))


def _project_lines(config: Config, checks: Sequence[Check]) -> list[str]:
    if not checks:
        return []
    lines = ["", f"the project of {Path(config.config_file_name or config.toml_file_name or '')}"]
    for check in checks:
        lines.append(f"  {'ok ' if check.ok else 'not'} {check.about}: {check.text}")
        if check.hint is not None:
            lines.append(f"      hint: {check.hint}")
    return lines


def _as_json(finding: Finding, checks: Sequence[Check]) -> str:
    from json import dumps

    value = {
        "version": 1,
        "command": "doctor",
        "installation": {
            "finds": finding.kind,
            "where": finding.where,
            "why": finding.why,
            "hint": finding.hint,
            "limbeck": limbeck.__version__,
            "sqlalchemy": _installed_version("SQLAlchemy"),
            "python": sys.version.split()[0],
        },
        "checks": [check._asdict() for check in checks],
    }
    return dumps(value, indent=2, ensure_ascii=False)
