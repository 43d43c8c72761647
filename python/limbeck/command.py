"""The commands, as functions that the command line and applications call.

Longer than other files because it is Alembic's public module, with one function per command. The first paragraph of each
docstring is the command's text in `alembic --help`.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

from limbeck import _core, util
from limbeck.script._explain import as_command_errors
from limbeck.script._listing import LISTING
from limbeck.script.base import ScriptDirectory
from limbeck.util._collector import fewer_collections

if TYPE_CHECKING:
    from pathlib import Path

    from limbeck.autogenerate.api import RevisionContext
    from limbeck.config import Config
    from limbeck.runtime._run_hooks import PlanFn
    from limbeck.runtime.environment import EnvironmentContext, ProcessRevisionDirectiveFn
    from limbeck.runtime.migration import MigrationContext
    from limbeck.script.base import Script
    from limbeck.script.revision import _RevIdType

_Fn = TypeVar("_Fn", bound=Callable[..., Any])

#: Names that are imported on first use.
_LAZY = {
    "EnvironmentContext": ("limbeck.runtime.environment", "EnvironmentContext"),
    "autogen": ("limbeck.autogenerate", ""),
}


def __getattr__(name: str) -> Any:
    """Import one of the names of `_LAZY`."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module_name, attribute = _LAZY[name]
    module = importlib.import_module(module_name)
    return getattr(module, attribute) if attribute else module


def _command(fn: _Fn) -> _Fn:
    """Mark a function as a command. The command line contains the functions whose module is `alembic.command`."""
    fn.__module__ = "alembic.command"
    return fn


# -- common parts


def _environment(config: Config, script: ScriptDirectory, **kw: Any) -> EnvironmentContext:
    environment = sys.modules[__name__].EnvironmentContext(config, script, **kw)
    return cast("EnvironmentContext", environment)


def _run_env(config: Config, script: ScriptDirectory, fn: PlanFn, **kw: Any) -> None:
    """Run env.py.

    :param fn: called when env.py runs the migrations; returns the steps.
    :param kw: further arguments of `EnvironmentContext`.
    """
    with fewer_collections, _environment(config, script, fn=fn, **kw):
        fewer_collections.exclude_existing_objects()  # those of libraries, before the project is imported
        script.run_env()


def _migrate(
    config: Config,
    script: ScriptDirectory,
    fn: PlanFn,
    *,
    checks_files: bool = False,
    **kw: Any,
) -> None:
    """Run env.py to change the database, with the migration lock and the options of the project.

    Further parameters as for :func:`_run_env`.

    :param checks_files: compare the files of applied revisions with the journal first.
    """
    from limbeck.execution.hook import executing
    from limbeck.lock.lock import locking
    from limbeck.rebasing.interrupted import refuse_interrupted
    from limbeck.saved_plan.hook import guarding

    refuse_interrupted(script.dir)
    with (
        locking(config),
        guarding(config, kw.get("tag")),
        executing(config, checks_files=checks_files),
    ):
        _run_env(config, script, fn, **kw)


def _run_env_to_read(
    config: Config,
    script: ScriptDirectory,
    fn: Callable[[Any, MigrationContext], None],
    **kw: Any,
) -> None:
    """Run env.py to read the current revisions.

    A missing version table is created, unless `dont_mutate` is set.

    :param fn: called with the rows of the version table, and the context.
    :param kw: further arguments of `EnvironmentContext`.
    """

    def plan_nothing(rev: Any, context: MigrationContext) -> list[Any]:
        fn(rev, context)
        return []

    _run_env(config, script, plan_nothing, **kw)


def _split_range(text: str) -> tuple[str, str]:
    """Split `start:end`."""
    start, _, end = text.partition(":")
    if ":" in end:
        raise util.CommandError(f"Invalid range '{text}'; a range is <start>:<end>")
    return start, end


def _print(config: Config, text: str) -> None:
    """Print a text of many lines with one call, which is faster than one call per line."""
    if text:
        config.print_stdout(text)


def _list(
    config: Config,
    directory: ScriptDirectory,
    scripts: Callable[[], Iterable[Script]],
    text: Callable[[], str],
    rows: Collection[str] | None = None,
) -> None:
    """List revisions: as text, or for `LISTING`.

    :param scripts: returns them.
    :param text: returns their text.
    :param rows: the rows of the version table, if the command has read it.
    """
    sink = LISTING.get()
    if sink is None:
        _print(config, text())
    else:
        sink(directory, scripts(), rows)


def _heads(directory: ScriptDirectory) -> list[str]:
    """Return the heads.

    :raises CommandError: if the revisions are invalid.
    """
    with as_command_errors():
        return directory.get_heads()


def _always_runs_env(config: Config) -> bool:
    """Return the option `revision_environment`: whether commands that need no database run env.py too."""
    return config.get_alembic_boolean_option("revision_environment")


# -- new environments


@_command
def list_templates(config: Config) -> None:
    """List available templates.

    :param config: the configuration.
    """
    from pathlib import Path

    folder = Path(config.get_template_directory())
    lines = ["Available templates:\n"]
    for name in os.listdir(folder):
        readme = folder / name / "README"
        # Skips __pycache__ and the like.
        if not name.startswith("__") and readme.exists():
            with open(readme, encoding="utf-8") as file:
                lines.append(f"{name} - {file.readline().rstrip()}")
    lines.append("\nTemplates are used via the 'init' command, e.g.:")
    lines.append("\n  alembic init --template generic ./scripts")
    _print(config, "\n".join(lines))


@_command
def init(config: Config, directory: str, template: str = "generic", package: bool = False) -> None:
    """Initialize a new scripts directory.

    :param config: provides the path of the configuration file.
    :param directory: the new directory.
    :param template: the name of the template.
    :param package: write an `__init__.py` into it, and into `versions`.
    :raises CommandError: if the directory exists and is not empty, or the template is unknown.
    """
    from pathlib import Path

    folder = Path(directory)
    source = Path(config.get_template_directory()) / template
    _refuse_to_overwrite(folder)
    if not os.access(source, os.F_OK):
        raise util.CommandError(f"No such template {source}")
    for new in (folder, folder / "versions"):
        if not os.access(new, os.F_OK):
            with util.status(f"Creating directory {new.absolute()}", **config.messaging_opts):
                os.makedirs(new)

    script = ScriptDirectory(folder)
    settings = []
    for name in sorted(os.listdir(source)):
        if name in _SETTINGS_FILES:
            settings.append(_write_settings(config, script, source / name, folder))
        elif os.path.isfile(source / name):
            script._copy_file(source / name, folder / name)
    if package:
        for package_folder in (folder.absolute(), folder.absolute() / "versions"):
            path = package_folder / "__init__.py"
            with util.status(f"Adding {path}", **config.messaging_opts), open(path, "w"):
                pass

    # pyproject.toml first.
    files = " and ".join(text for _, text in sorted(settings, reverse=True))
    util.msg(f"Please edit {files} before proceeding.", **config.messaging_opts)


#: The templates of configuration files, with a description of each file for the final message.
_SETTINGS_FILES = {
    "alembic.ini.mako": "configuration/connection/logging settings",
    "pyproject.toml.mako": "configuration settings",
}


def _refuse_to_overwrite(folder: Path) -> None:
    """Raise an error if the folder contains files.

    :raises CommandError: if the folder is not empty, or is not a directory.
    """
    if not os.access(folder, os.F_OK):
        return
    try:
        names = os.listdir(folder)
    except NotADirectoryError as error:
        raise util.CommandError(f"{folder} already exists and is not a directory") from error
    if names:
        raise util.CommandError(f"Directory {folder} already exists and is not empty")


def _write_settings(
    config: Config, script: ScriptDirectory, template: Path, folder: Path
) -> tuple[bool, str]:
    """Write a configuration file, or append to an existing pyproject.toml.

    :return: whether the file is pyproject.toml, and the description of the file for the final message.
    """
    is_toml = template.name == "pyproject.toml.mako"
    name = config.toml_file_name if is_toml else config.config_file_name
    assert name is not None, "this configuration has no file"
    from pathlib import Path

    path = Path(name).absolute()
    append = False
    if os.access(path, os.F_OK):
        reason = ""
        if is_toml:
            append = not _has_section(path)
            reason = " and already has a [tool.alembic] section"
        if not append:
            util.msg(f"File {path} already exists{reason}, skipping", **config.messaging_opts)
            return is_toml, f"{_SETTINGS_FILES[template.name]} in {path}"
    write = script._append_template if append else script._generate_template
    write(template, path, script_location=_location(folder, path))
    return is_toml, f"{_SETTINGS_FILES[template.name]} in {path}"


def _has_section(path: Path) -> bool:
    """Return whether a pyproject.toml has a section `[tool.alembic]`."""
    with open(path, "rb") as file:
        document = util.compat.tomllib.load(file)
    return "alembic" in document.get("tool", {})


def _location(folder: Path, settings: Path) -> str:
    """Return `script_location` for a configuration file: the folder itself if it is absolute, else relative to the file.

    :param folder: the new script directory.
    :param settings: the configuration file.
    """
    from pathlib import Path

    if folder.is_absolute():
        text = folder.as_posix()
    else:
        here = settings.parent
        try:
            relative = folder.absolute().relative_to(here)
        except ValueError:
            relative = Path(os.path.relpath(folder, here))
        text = relative.as_posix()
    # In both configuration files, a percent sign begins a reference.
    text = text.replace("%", "%%")
    if folder.is_absolute():
        return text
    return "%(here)s" if text == "." else f"%(here)s/{text}"


# -- new revisions


@_command
def revision(
    config: Config,
    message: str | None = None,
    autogenerate: bool = False,
    sql: bool = False,
    head: str = "head",
    splice: bool = False,
    branch_label: _RevIdType | None = None,
    version_path: str | os.PathLike[str] | None = None,
    rev_id: str | None = None,
    depends_on: str | None = None,
    process_revision_directives: ProcessRevisionDirectiveFn | None = None,
    *,
    renames: Sequence[str] = (),
    verify: bool = False,
) -> Script | list[Script | None] | None:
    """Create a new revision file.

    :param config: the configuration.
    :param message: the message of the revision.
    :param autogenerate: compare the database with the models, and write the difference to the file.
    :param sql: run env.py in offline mode.
    :param head: the parent of the revision.
    :param splice: allow a parent that is not a head.
    :param branch_label: a label of the branch that begins here.
    :param version_path: the version location of the file.
    :param rev_id: the identifier, instead of a random one.
    :param depends_on: the dependencies.
    :param process_revision_directives: a hook that may change the directives; called after the hook of
        env.py.
    :param renames: tables and columns to rename, with `autogenerate`: `old_table:new_table`, `table.old:new`.
    :param verify: with `autogenerate`, run the new revision up, down and up again on a scratch database, and compare that with the
        models.
    :return: the script, or a list of scripts if a hook adds some.
    :raises CommandError: if an argument is invalid.
    :raises RevisionNotVerified: if a verification finds something; the file is there.
    """
    verify = verify or bool(getattr(config.cmd_opts, "verify_revision", False))
    if verify and not autogenerate:
        raise util.CommandError("--verify makes sense only with --autogenerate")
    directory = ScriptDirectory.from_config(config)
    context = _revision_context(
        config,
        directory,
        process_revision_directives,
        message=message,
        autogenerate=autogenerate,
        sql=sql,
        head=head,
        splice=splice,
        branch_label=branch_label,
        version_path=version_path,
        rev_id=rev_id,
        depends_on=depends_on,
    )
    options = _rename_options(config, renames, autogenerate=autogenerate)
    runs_env = _always_runs_env(config)
    if autogenerate:
        if sql:
            raise util.CommandError("Using --sql with --autogenerate does not make any sense")
        runs_env = directory._imports_all = True
        run = context.run_autogenerate
    else:
        run = context.run_no_autogenerate
        if sql and not runs_env:
            raise util.CommandError(
                "Using --sql with the revision command when revision_environment is not "
                "configured does not make any sense"
            )

    if runs_env:

        def fill_directives(rev: Any, migration_context: MigrationContext) -> list[Any]:
            run(rev, migration_context)
            return []

        _run_env(
            config,
            directory,
            fill_directives,
            as_sql=sql,
            template_args=context.template_args,
            revision_context=context,
            **options,
        )
        if "renames" in options:
            options["renames"].refuse_unused()

    from limbeck.rebasing.head_file import keeping

    with keeping(config, directory):
        scripts = list(context.generate_scripts())
    if verify:
        from limbeck.verify.new_revision import verify_new

        verify_new(config, [script for script in scripts if script is not None])
    return scripts[0] if len(scripts) == 1 else scripts


def _rename_options(
    config: Config, renames: Sequence[str], *, autogenerate: bool
) -> dict[str, Any]:
    """Return the option of the migration context for the renames that a caller or the command line asks for.

    :raises CommandError: a rename is invalid, nothing is compared, or nobody can answer.
    """
    said = [*renames, *(getattr(config.cmd_opts, "renames", None) or ())]
    asks = bool(getattr(config.cmd_opts, "ask", False))
    if not said and not asks:
        return {}
    if not autogenerate:
        raise util.CommandError(
            f"{'--rename' if said else '--ask'} makes sense only with --autogenerate"
        )
    from limbeck.autogenerate._renames.ask import asker
    from limbeck.autogenerate._renames.request import Request

    return {"renames": Request.of(said, asker(config) if asks else None)}


def _revision_context(
    config: Config,
    directory: ScriptDirectory,
    process_revision_directives: ProcessRevisionDirectiveFn | None,
    **command_args: Any,
) -> RevisionContext:
    context = sys.modules[__name__].autogen.RevisionContext(
        config,
        directory,
        command_args,
        process_revision_directives=process_revision_directives,
    )
    return cast("RevisionContext", context)


@_command
def check(config: Config) -> None:
    """Check if revision command with autogenerate has pending upgrade ops.

    :param config: the configuration.
    :raises AutogenerateDiffsDetected: if the database and the models differ.
    """
    directory = ScriptDirectory.from_config(config)
    context = _revision_context(
        config,
        directory,
        None,
        message=None,
        autogenerate=True,
        sql=False,
        head="head",
        splice=False,
        branch_label=None,
        version_path=None,
        rev_id=None,
        depends_on=None,
    )
    directory._imports_all = True

    def fill_directives(rev: Any, migration_context: MigrationContext) -> list[Any]:
        context.run_autogenerate(rev, migration_context)
        return []

    _run_env(
        config,
        directory,
        fill_directives,
        as_sql=False,
        template_args=context.template_args,
        revision_context=context,
    )

    upgrade_ops_list = context.generated_revisions[-1].upgrade_ops_list
    diffs = [diff for ops in upgrade_ops_list for diff in ops.as_diffs()]
    if diffs:
        raise util.AutogenerateDiffsDetected(
            f"New upgrade operations detected: {diffs}", revision_context=context, diffs=diffs
        )
    config.print_stdout("No new upgrade operations detected.")


@_command
def merge(
    config: Config,
    revisions: _RevIdType,
    message: str | None = None,
    branch_label: _RevIdType | None = None,
    rev_id: str | None = None,
    splice: bool = False,
) -> Script | None:
    """Merge two revisions together.  Creates a new migration file.

    :param config: the configuration.
    :param revisions: the revisions to merge; `heads` for all heads.
    :param message: the message of the merge.
    :param branch_label: a label of the branch that begins here.
    :param rev_id: the identifier, instead of a random one.
    :param splice: allow revisions that are not heads.
    :return: the new script; `None` if the name of its file is not that of a revision file.
    :raises CommandError: if these revisions cannot be merged.
    """
    directory = ScriptDirectory.from_config(config)
    variables: dict[str, Any] = {"config": config}
    if _always_runs_env(config):
        _run_env(
            config,
            directory,
            lambda rev, context: [],
            as_sql=False,
            template_args=variables,
        )
    from limbeck.rebasing.head_file import keeping

    with keeping(config, directory):
        return directory.generate_revision(
            rev_id or util.rev_id(),
            message,
            refresh=True,
            head=revisions,
            splice=splice,
            branch_labels=branch_label,
            **variables,
        )


# -- commands that change a database


def _progress(config: Config, sql: bool) -> dict[str, Any]:
    """Return the argument of `EnvironmentContext` that displays the progress on a terminal; empty for no display."""
    from limbeck.runtime._progress import on_terminal

    progress = None if sql else on_terminal(quiet=bool(config.messaging_opts.get("quiet")))
    return {} if progress is None else {"limbeck_progress": progress}


def _keep_schema_file(config: Config, directory: ScriptDirectory, tag: str | None) -> None:
    """Write the snapshot of the database to the configured file, after a run of the command line.

    Not for applications, which migrate databases of tests and customers.
    """
    if config.cmd_opts is None:
        return
    from limbeck.settings.schema_file import configured_schema_file

    path = configured_schema_file(config)
    if path is None:
        return
    from limbeck.drift import keep_schema_file
    from limbeck.runtime._notices import notifier

    keep_schema_file(config, directory, path, notifier(config), tag)


def _is_at_target(
    config: Config, directory: ScriptDirectory, revision: str, tag: str | None
) -> bool:
    """Return whether `if_behind` is set, and an upgrade certainly has nothing to do."""
    from limbeck.execution.options import options_of

    options = options_of(config)
    if not options.if_behind or options.plan is not None:
        return False
    from limbeck.runtime._notices import notifier
    from limbeck.state.at_target import AT_TARGET, rows_at_target

    rows = rows_at_target(config, directory, revision, tag=tag, tell=notifier(config))
    if rows is None:
        return False
    AT_TARGET.get()(rows)
    return True


@_command
def upgrade(config: Config, revision: str, sql: bool = False, tag: str | None = None) -> None:
    """Upgrade to a later version.

    :param config: the configuration.
    :param revision: the target; with `sql`, also `start:target`.
    :param sql: write the SQL instead of executing it.
    :param tag: the value of `get_tag_argument()` in env.py.
    :raises CommandError: if the target cannot be reached.
    """
    from limbeck.saved_plan.hook import planned_target

    revision = planned_target(config, revision, "upgrade", sql=sql)
    directory = ScriptDirectory.from_config(config)
    start = None
    if ":" in revision:
        if not sql:
            raise util.CommandError("Range revision not allowed")
        start, revision = _split_range(revision)
    elif not sql and _is_at_target(config, directory, revision, tag):
        return
    _migrate(
        config,
        directory,
        lambda rev, context: directory._upgrade_revs(revision, rev),
        checks_files=True,
        as_sql=sql,
        starting_rev=start,
        destination_rev=revision,
        tag=tag,
        **_progress(config, sql),
    )
    if not sql:
        _keep_schema_file(config, directory, tag)


@_command
def downgrade(config: Config, revision: str, sql: bool = False, tag: str | None = None) -> None:
    """Revert to a previous version.

    :param config: the configuration.
    :param revision: the target; with `sql`, always `start:target`.
    :param sql: write the SQL instead of executing it.
    :param tag: the value of `get_tag_argument()` in env.py.
    :raises CommandError: if the target cannot be reached.
    """
    from limbeck.saved_plan.hook import planned_target

    revision = planned_target(config, revision, "downgrade", sql=sql)
    directory = ScriptDirectory.from_config(config)
    start = None
    if ":" in revision:
        if not sql:
            raise util.CommandError("Range revision not allowed")
        start, revision = _split_range(revision)
    elif sql:
        raise util.CommandError("downgrade with --sql requires <fromrev>:<torev>")
    _migrate(
        config,
        directory,
        lambda rev, context: directory._downgrade_revs(revision, rev),
        as_sql=sql,
        starting_rev=start,
        destination_rev=revision,
        tag=tag,
        **_progress(config, sql),
    )
    if not sql:
        _keep_schema_file(config, directory, tag)


@_command
def stamp(
    config: Config,
    revision: _RevIdType,
    sql: bool = False,
    tag: str | None = None,
    purge: bool = False,
) -> None:
    """'stamp' the revision table with the given revision; don't run any migrations.

    :param config: the configuration.
    :param revision: the target, or several; with `sql`, also `start:target`.
    :param sql: write the SQL instead of executing it.
    :param tag: the value of `get_tag_argument()` in env.py.
    :param purge: delete all version rows first.
    :raises CommandError: if a target is unknown.
    """
    directory = ScriptDirectory.from_config(config)
    start = None
    if sql:
        starts, targets = [], []
        for target in util.to_list(revision, default=[]):
            if ":" in target:
                first, target = _split_range(target)
                starts.append(first)
            targets.append(target)
        if len(set(starts)) > 1:
            raise util.CommandError(
                "Stamp operation with --sql only supports a single starting revision at a time"
            )
        start = starts[0] if starts else None
    else:
        targets = util.to_list(revision, default=[])
    _migrate(
        config,
        directory,
        lambda rev, context: directory._stamp_revs(tuple(targets), rev),
        as_sql=sql,
        starting_rev=start,
        destination_rev=tuple(targets),
        tag=tag,
        purge=purge,
    )


@_command
def ensure_version(config: Config, sql: bool = False) -> None:
    """Create the alembic version table if it doesn't exist already .

    :param config: the configuration.
    :param sql: write the SQL instead of executing it.
    """
    directory = ScriptDirectory.from_config(config)

    def create(rev: Any, context: MigrationContext) -> list[Any]:
        context._ensure_version_table()
        return []

    _run_env(config, directory, create, as_sql=sql)


# -- commands that read


@_command
def show(config: Config, rev: str) -> None:
    """Show the revision(s) denoted by the given symbol.

    :param config: the configuration.
    :param rev: an identifier; `current` reads the database.
    :raises CommandError: if it is unknown.
    """
    directory = ScriptDirectory.from_config(config)

    def display(current: Any, context: Any) -> None:
        is_current = rev == "current"
        scripts = directory._get_any(*((current, current) if is_current else ((), rev)))
        _list(
            config,
            directory,
            lambda: scripts,
            lambda: "\n".join(script.log_entry for script in scripts),
            current,
        )

    if rev == "current":
        _run_env_to_read(config, directory, display)
    else:
        display(None, None)


@_command
def history(
    config: Config,
    rev_range: str | None = None,
    verbose: bool = False,
    indicate_current: bool = False,
) -> None:
    """List changeset scripts in chronological order.

    :param config: the configuration.
    :param rev_range: `start:end`; each end is optional, and one may be `current`.
    :param verbose: use the verbose format.
    :param indicate_current: mark the current revisions of the database.
    :raises CommandError: if the range is invalid.
    """
    start = end = ""
    if rev_range is not None:
        if ":" not in rev_range:
            raise util.CommandError("History range requires [start]:[end], [start]:, or :[end]")
        start, end = _split_range(rev_range.strip())
    directory = ScriptDirectory.from_config(config)

    def display(currents: tuple[str, ...] | None) -> None:
        marked = currents if indicate_current else None
        ends = (start or "base", end or "heads")
        _list(
            config,
            directory,
            lambda: directory.walk_revisions(*ends),
            lambda: directory._show_range(*ends, marked or (), verbose=verbose),
            marked,
        )

    def with_database(rev: tuple[str, ...], context: MigrationContext) -> None:
        nonlocal start, end
        if start == "current":
            start = _current_end(rev, "base")
        elif end == "current":
            end = _current_end(rev, "heads")
        display(rev)

    if indicate_current or "current" in (start, end) or _always_runs_env(config):
        _run_env_to_read(config, directory, with_database)
    else:
        display(None)


def _current_end(rev: Any, default: str) -> Any:
    """Return the current revision of the database as an end of a range.

    :return: a tuple if there are several, `default` if there is none.
    """
    if not rev:
        return default
    return rev[0] if len(rev) == 1 else tuple(rev)


@_command
def heads(config: Config, verbose: bool = False, resolve_dependencies: bool = False) -> None:
    """Show current available heads in the script directory.

    :param config: the configuration.
    :param verbose: use the verbose format.
    :param resolve_dependencies: exclude heads on which another revision depends.
    """
    directory = ScriptDirectory.from_config(config)
    scripts = directory.get_revisions("heads" if resolve_dependencies else _heads(directory))
    _list(config, directory, lambda: scripts, lambda: _core.show_heads(scripts, verbose))
    if getattr(config.cmd_opts, "heads_check", False):
        from limbeck.rebasing.guard import check

        check(config, directory)


@_command
def branches(config: Config, verbose: bool = False) -> None:
    """Show current branch points.

    :param config: the configuration.
    :param verbose: use the verbose format.
    """
    directory = ScriptDirectory.from_config(config)
    points = [
        (script, directory.get_revisions(tuple(script.nextrev)))
        for script in directory.walk_revisions()
        if script.is_branch_point
    ]
    _list(
        config,
        directory,
        lambda: [script for script, _ in points],
        lambda: _core.show_branches(points, verbose),
    )


@_command
def current(config: Config, check_heads: bool = False, verbose: bool = False) -> None:
    """Display the current revision for a database.

    :param config: the configuration.
    :param check_heads: raise an error if the database is not at all heads.
    :param verbose: use the verbose format, preceded by the URL of the database without its password.
    :raises DatabaseNotAtHead: with `check_heads`, if the database is not at all heads.
    """
    directory = ScriptDirectory.from_config(config)

    def display(rev: tuple[str, ...], context: MigrationContext) -> None:
        if verbose and LISTING.get() is None:
            assert context.connection is not None
            url = util.obfuscate_url_pw(context.connection.engine.url)
            config.print_stdout(f"Current revision(s) for {url}:")
        if check_heads and set(rev) != set(_heads(directory)):
            raise util.DatabaseNotAtHead("Database is not on all head revisions")
        scripts = sorted(directory.get_all_current(rev), key=lambda script: script.revision)
        _list(
            config,
            directory,
            lambda: scripts,
            lambda: "\n".join(script.cmd_format(verbose) for script in scripts),
            rev,
        )

    _run_env_to_read(config, directory, display, dont_mutate=True)


@_command
def edit(config: Config, rev: str) -> None:
    """Edit revision script(s) using $EDITOR.

    :param config: the configuration.
    :param rev: an identifier; `current` reads the database.
    :raises CommandError: if it is unknown, or no editor can be started.
    """
    directory = ScriptDirectory.from_config(config)

    def open_each(ids: Any, message_if_none: str) -> None:
        if not ids:
            raise util.CommandError(message_if_none)
        scripts = directory.get_revisions(ids)
        if not scripts:
            raise util.CommandError(message_if_none)
        for script in scripts:
            util.open_in_editor(script.path)

    if rev == "current":
        _run_env_to_read(
            config, directory, lambda rev, context: open_each(rev, "No current revisions")
        )
    else:
        open_each(rev, f"No revision files indicated by symbol '{rev}'")


__all__ = (
    "branches",
    "check",
    "current",
    "downgrade",
    "edit",
    "ensure_version",
    "heads",
    "history",
    "init",
    "list_templates",
    "merge",
    "revision",
    "show",
    "stamp",
    "upgrade",
)
