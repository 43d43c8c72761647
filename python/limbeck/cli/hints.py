"""What to do next after a failure of a command; printed below the message, on standard error."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from limbeck.cli.suggestions import nearest
from limbeck.state.driver_hints import diagnose

if TYPE_CHECKING:
    from argparse import Namespace

    from limbeck.config import Config
    from limbeck.script import ScriptDirectory
    from limbeck.script._errors import MultipleHeads, ResolutionError

#: What to do after messages that Alembic has, by a part of the message.
_AFTER = {
    "Target database is not up to date": "`alembic upgrade heads` applies what is pending, `alembic status` shows it",
    "Database is not on all head revisions": "`alembic upgrade heads` applies what is pending, `alembic status` shows it",
    "does not provide a MetaData object": "set `target_metadata` in env.py to the MetaData of the models, such as `Base.metadata`",
    "didn't produce": "`alembic current` shows where the database is, and `alembic history` what comes before and after",
}
#: What stands for revisions in arguments.
_SYMBOLS = ("head", "heads", "base", "current")


def hint_for(error: BaseException, config: Config, options: Namespace) -> str | None:
    """Return what to do next; `None` if nothing is known.

    :param error: what a command raised.
    :param config: its configuration.
    :param options: its arguments.
    """
    if "hint: " in str(error):
        return None
    for current in _causes(error):
        # By name: the module of these errors need not be imported yet.
        kind = type(current).__name__
        if kind == "ResolutionError":
            return _unknown_revision(current, config, options)  # type: ignore[arg-type] # as its name says
        if own := getattr(current, "hint", None):
            return str(own)
        if kind == "MultipleHeads":
            return _several_heads(current, config)  # type: ignore[arg-type] # as its name says
        if found := diagnose(current):
            return found.hint
    if type(error).__name__ == "InterpolationSyntaxError":
        return f"write `%` as `%%` in {config.config_file_name}"
    if "'script_location'" in str(error):
        return _no_configuration(config, options)
    if str(error).startswith("Path doesn't exist"):
        return _no_script_location(config)
    return next((hint for part, hint in _AFTER.items() if part in str(error)), None)


def _causes(error: BaseException) -> Iterator[BaseException]:
    current: BaseException | None = error
    while current is not None:
        yield current
        current = current.__cause__


def _no_configuration(config: Config, options: Namespace) -> str:
    """Return what to do without `script_location`."""
    ini = Path(config.config_file_name or "alembic.ini")
    if ini.is_file():
        section = config.config_ini_section
        if not config.file_config.has_section(section):
            return f"{ini} has no section [{section}]"
        return f"set `script_location` under [{section}] in {ini}"
    if options.config or os.environ.get("ALEMBIC_CONFIG"):
        return f"there is no file {ini}"
    for folder in Path.cwd().parents:
        if (folder / ini.name).is_file():
            above = os.path.relpath(folder)
            return f"{ini.name} is in {above}: run the command there, or with `-c {os.path.join(above, ini.name)}`"
    return "there is no alembic.ini here; `alembic init migrations` starts a project"


def _no_script_location(config: Config) -> str:
    ini = Path(config.config_file_name or "alembic.ini").resolve()
    location = config.get_alembic_option("script_location")
    if isinstance(location, str) and ini.parent != Path.cwd() and (ini.parent / location).is_dir():
        return f"`script_location` is relative to the current folder; write `%(here)s/{location}` in {ini}"
    return f"`script_location` in {ini.name} is the folder that has env.py"


def _unknown_revision(error: ResolutionError, config: Config, options: Namespace) -> str | None:
    name = error.argument
    if not _is_typed(name, options):
        return _unknown_in_database(name, config)
    symbol = nearest(name.rpartition("@")[2], _SYMBOLS)
    if symbol is not None and symbol != name:
        return f"did you mean `{symbol}`?"
    return error.hint or "`alembic history` lists the revisions"


def _is_typed(name: str, options: Namespace) -> bool:
    values: list[object] = []
    for value in vars(options).values():
        values += value if isinstance(value, list) else [value]
    return any(isinstance(value, str) and name in value for value in values)


def _unknown_in_database(name: str, config: Config) -> str:
    known = f"the database has revision {name}, and no revision file has it"
    commit = _commit_with(name, _open(config))
    if commit is not None:
        return f"{known}; {commit}: deploy that, or downgrade with it first"
    return (
        f"{known}: deploy the build that has it, or downgrade with that build first; if it is lost, "
        "`alembic stamp --purge REVISION` records the revision that the schema really has"
    )


def _commit_with(name: str, script: ScriptDirectory) -> str | None:
    """Return the commit of this checkout whose files have a revision, with a branch; `None` if there is none."""
    from limbeck.util._git import git

    for folder in map(str, script._version_locations):
        pattern = f"^revision\\b.*['\"]{name}['\"]"
        found = git(
            folder, "log", "--all", "--max-count=1", "--format=%h %s", "-G", pattern, "--", "."
        )
        if found:
            commit, _, subject = found.partition(" ")
            form = "--format=%(refname:short)"
            branches = (git(folder, "branch", "--all", form, "--contains", commit) or "").split()
            place = f" on branch {branches[0]}" if branches else ""
            return f"commit {commit} ({subject}){place} has it"
    return None


def _several_heads(error: MultipleHeads, config: Config) -> str:
    script = _open(config)
    heads = [f"  {head} {script.get_revision(head).doc}".rstrip() for head in error.heads]
    advice = (
        '`alembic merge -m "..." heads` joins them, `alembic rebase` puts one line after the other, '
        "and `heads` stands for all of them"
    )
    return "\n".join(["the heads are", *heads, advice])


def _open(config: Config) -> ScriptDirectory:
    from limbeck.script.base import ScriptDirectory

    return ScriptDirectory.from_config(config)
