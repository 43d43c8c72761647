"""The script directory of a project. Longer than other files because its class has all of Alembic's methods.

The engine reads the files (`_files`) and builds the graph (`revision`). A revision file is imported only when it
is needed: for a run, or for a comparison with the models.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, cast

from limbeck import _core, util
from limbeck.runtime import _deferred_imports
from limbeck.script import _naming
from limbeck.script._explain import SEVERAL_HEADS, as_command_errors
from limbeck.script._files import Snapshot, snapshot
from limbeck.script._script import Script
from limbeck.script.revision import RevisionMap, not_none
from limbeck.script.revision import _warn_ambiguous as warn_ambiguous_downgrade

if TYPE_CHECKING:
    from datetime import datetime as _DateTime
    from pathlib import Path
    from types import ModuleType

    from limbeck._core import Graph
    from limbeck.config import Config, MessagingOptions, PostWriteHookConfig
    from limbeck.runtime.migration import RevisionStep, StampStep
    from limbeck.script.revision import _GetRevArg, _RevIdType

_PathLike = str | os.PathLike[str]

#: Names that are imported on first use. Tests patch them in this module.
_LAZY = {
    "ZoneInfo": ("zoneinfo", "ZoneInfo"),
    "ZoneInfoNotFoundError": ("zoneinfo", "ZoneInfoNotFoundError"),
    "datetime": ("datetime", ""),
    "write_hooks": ("limbeck.script.write_hooks", ""),
}


def __getattr__(name: str) -> Any:
    """Import one of the names of `_LAZY`."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module_name, attribute = _LAZY[name]
    module = importlib.import_module(module_name)
    return getattr(module, attribute) if attribute else module


def _lazy(name: str) -> Any:
    """Return one of the names of `_LAZY`, or what a test has put in its place."""
    return getattr(sys.modules[__name__], name)


class ScriptDirectory:
    """A script directory: its revisions, its env.py, and the creation of new files.

    :param dir: the directory.
    :param file_template: the format of new file names.
    :param truncate_slug_length: the maximum length of the message in a file name.
    :param version_locations: the folders of revision files; by default `versions/`.
    :param sourceless: include byte code without source.
    :param output_encoding: the encoding of new files.
    :param timezone: the time zone of dates in new files.
    :param hooks: the post-write hooks.
    :param recursive_version_locations: include subfolders.
    :param messaging_opts: options of status messages.
    :raises CommandError: if the directory does not exist.
    """

    _DEFAULT_FOLDER: ClassVar[str] = "versions"

    #: Whether all files are imported when they are read. Set by commands that compare the models with a database.
    _imports_all = False

    def __init__(
        self,
        dir: _PathLike,
        file_template: str = _naming.DEFAULT_TEMPLATE,
        truncate_slug_length: int | None = _naming.DEFAULT_SLUG_LENGTH,
        version_locations: Sequence[_PathLike] | None = None,
        sourceless: bool = False,
        output_encoding: str = "utf-8",
        timezone: str | None = None,
        hooks: Sequence[PostWriteHookConfig] = (),
        recursive_version_locations: bool = False,
        messaging_opts: MessagingOptions | None = None,
    ) -> None:
        self.dir = os.fspath(dir)
        self.file_template = file_template
        self.truncate_slug_length = truncate_slug_length or _naming.DEFAULT_SLUG_LENGTH
        self.version_locations = list(version_locations or ())
        self.sourceless = sourceless
        self.output_encoding = output_encoding
        self.timezone = timezone
        self.hooks = list(hooks)
        self.recursive_version_locations = recursive_version_locations
        self.messaging_opts: Mapping[str, Any] = messaging_opts or {}
        self.revision_map = RevisionMap.from_graph(self._read_graph, lambda: self._load_revisions())
        if not os.access(dir, os.F_OK):
            raise util.CommandError(
                f"Path doesn't exist: {dir}.  Please use the 'init' command to create a new "
                "scripts folder."
            )

    @classmethod
    def from_config(cls, config: Config) -> ScriptDirectory:
        """Return the script directory of a configuration.

        Adds the paths of `prepend_sys_path` to `sys.path`.

        :param config: the configuration.
        :raises CommandError: if the script location is missing.
        """
        get_option = config.get_alembic_option
        location = get_option("script_location")
        if location is None:
            raise util.CommandError("No 'script_location' key found in configuration.")
        length = get_option("truncate_slug_length")
        slug_length = None if length is None else int(cast(str, length))
        _prepend_to_sys_path(config.get_prepend_sys_paths_list() or ())
        return cls(
            util.pyfiles.resource_name(cast(str, location)),
            file_template=get_option("file_template", _naming.DEFAULT_TEMPLATE),
            truncate_slug_length=slug_length,
            version_locations=config.get_version_locations_list(),
            sourceless=config.get_alembic_boolean_option("sourceless"),
            output_encoding=get_option("output_encoding", "utf-8"),
            timezone=cast("str | None", get_option("timezone")),
            hooks=config.get_hooks_list(),
            recursive_version_locations=config.get_alembic_boolean_option(
                "recursive_version_locations"
            ),
            messaging_opts=config.messaging_opts,
        )

    # -- locations

    @property
    def env_py_location(self) -> str:
        """The path of env.py."""
        return util.pyfiles.plain_path(os.path.join(self.dir, "env.py"))

    @property
    def versions(self) -> str:
        """The version location.

        :raises CommandError: if there are several.
        """
        if len(self._folders) > 1:
            raise util.CommandError("Multiple version_locations present")
        return self._folders[0]

    @property
    def _folders(self) -> list[str]:
        """The absolute version locations, as strings: listings need not import `pathlib`."""
        set_by_project = self.__dict__.get("_version_locations")
        if set_by_project is not None:
            return [os.fspath(folder) for folder in set_by_project]
        if not self.version_locations:
            return [util.pyfiles.absolute_path(os.path.join(self.dir, self._DEFAULT_FOLDER))]
        return [
            util.pyfiles.absolute_path(util.pyfiles.resource_name(os.fspath(location)))
            for location in self.version_locations
        ]

    @cached_property
    def _version_locations(self) -> list[Path]:
        """The absolute version locations, as paths; projects may set them."""
        from pathlib import Path

        return [Path(folder) for folder in self._folders]

    def _is_revision_file(self, name: str) -> bool:
        endings = (".py", ".pyc", ".pyo") if self.sourceless else (".py",)
        return name.endswith(endings) and not name.startswith((".#", "__init__"))

    @cached_property
    def _files(self) -> Snapshot:
        """The revision files, as of the first use of this property."""
        return self._current_files()

    def _current_files(self) -> Snapshot:
        return snapshot(
            self._folders,
            recursive=self.recursive_version_locations,
            sourceless=self.sourceless,
        )

    def _read_graph(self) -> tuple[Graph, Callable[[int], Script]] | None:
        """Return the graph of the revision files, and a function that returns the script with a number.

        :return: `None` if the project overrides the loading of scripts.
        """
        load = getattr(self._load_revisions, "__func__", None)
        if load is not _OWN_LOADING["_load_revisions"] or _has_custom_loading():
            return None
        self._import_now_or_later()
        graph = self._files.graph()
        self._graph_of_files = graph
        return graph, self._script_maker(self._files)

    #: The graph that numbers the revisions of `_files`; `None` before it is read.
    _graph_of_files: Graph | None = None

    def _script_maker(self, files: Snapshot) -> Callable[[int], Script]:
        def make_script(number: int) -> Script:
            header = files.header(number)
            module = self._modules.get(os.fspath(header.path)) or files.module(number)
            return Script._from_header(header, module)

        return make_script

    def _load_revisions(self) -> Iterator[Script]:
        """Yield the scripts of all revision files; projects pass this method to `RevisionMap`, or override it."""
        if _has_custom_loading():
            from limbeck.script._loading import load

            yield from load(self)
            return
        self._import_now_or_later()
        files = self._current_files()
        make_script = self._script_maker(files)
        yield from map(make_script, range(len(files.graph())))

    @cached_property
    def _modules(self) -> dict[str, ModuleType]:
        """The modules that :meth:`_import_all` imported before their script was created, by path."""
        return {}

    def _import_now_or_later(self) -> None:
        """Import all files if `_imports_all` is set; otherwise defer the imports."""
        if self._imports_all:
            self._import_all()
        else:
            _deferred_imports.add(self)

    def _import_all(self) -> None:
        """Import the files that are not imported yet, in the order of reading.

        Files that were removed meanwhile are skipped.

        :raises Exception: raised by a file.
        """
        scripts = {
            script.path: script
            for script in self.revision_map._revisions.values()
            if isinstance(script, Script)
        }
        for path, module in self._files.files():
            if path in scripts and os.path.exists(path):
                _ = scripts[path].module
            elif path not in self._modules and (module or os.path.exists(path)):
                self._modules[path] = module or util.load_python_file(*os.path.split(path))

    # -- revisions

    def _revisions_for(self, rows: Any, *targets: Any) -> RevisionMap:
        """Return the revisions that a command needs: all, with old files where a squash has replaced a named revision.

        :param rows: the rows of the version table.
        :param targets: further identifiers.
        :raises PrunedError: the old files are gone.
        """
        # Only whole identifiers are known: an old file may have the name that is the beginning of another one.
        index = self.revision_map._graph.index
        names = (*util.to_tuple(rows, default=()), *targets)
        unknown = [id for id in map(_identifier_in, names) if id is not None and index(id) is None]
        if not unknown:
            return self.revision_map
        from limbeck.script._squashed import expanded

        return expanded(self, unknown) or self.revision_map

    def walk_revisions(self, base: str = "base", head: str = "heads") -> Iterator[Script]:
        """Iterate over revisions, newest first.

        :param base: the lower end, included.
        :param head: the upper end, included.
        :raises CommandError: if an end is unknown, or they are not on one branch.
        """
        with as_command_errors(start=base, end=head):
            yield from _walk(self.revision_map, base, head)

    def _show_range(self, base: str, head: str, currents: Collection[str], *, verbose: bool) -> str:
        """Return the output of `history` for the revisions of :meth:`walk_revisions`.

        Scripts are created only if the revision map has other revisions than the files.

        :param currents: the current revisions of the database, to be marked.
        """
        with as_command_errors(start=base, end=head):
            ends = (*util.to_tuple(base, default=()), *util.to_tuple(head, default=()))
            revision_map = self._revisions_for((), *ends)
        graph = revision_map._graph
        if graph is not self._graph_of_files:
            with as_command_errors(start=base, end=head):
                scripts = list(_walk(revision_map, base, head))
            if currents:
                for script in scripts:
                    script._db_current_indicator = script.revision in currents
            return _core.show_history(scripts, verbose)
        with as_command_errors(start=base, end=head):
            revisions, heads = graph.collect(
                head, base, True, False, False, False, warn_ambiguous_downgrade
            )
            numbers = graph.order(
                revisions, [head for head in heads if head is not None and head >= 0]
            )
        return self._files.show(graph, numbers, set(currents), verbose=verbose)

    def get_revisions(self, id_: _GetRevArg) -> tuple[Script, ...]:
        """Resolve an identifier to scripts.

        :param id_: one or several identifiers: full, partial or symbolic.
        :raises CommandError: if one is unknown.
        """
        with as_command_errors():
            return cast("tuple[Script, ...]", self.revision_map.get_revisions(id_))

    def _get_any(self, rows: Any, id_: _GetRevArg) -> tuple[Script, ...]:
        """Resolve an identifier as :meth:`get_revisions` does, also to scripts that a squash has replaced.

        :param rows: rows of the version table among the identifiers.
        :param id_: one or several identifiers.
        :raises CommandError: if one is unknown.
        """
        targets = () if rows else util.to_tuple(id_, default=())
        with as_command_errors():
            revisions = self._revisions_for(rows, *targets)
            return cast("tuple[Script, ...]", revisions.get_revisions(id_))

    def get_all_current(self, id_: tuple[str, ...]) -> set[Script]:
        """Return the newest scripts among those of the version rows and everything that they need.

        :param id_: the rows of the version table.
        :raises CommandError: if a row is unknown.
        """
        with as_command_errors():
            return cast("set[Script]", self._revisions_for(id_)._get_all_current(id_))

    def get_revision(self, id_: str) -> Script:
        """Resolve an identifier to one script.

        :param id_: an identifier: full, partial or symbolic.
        :raises CommandError: if it is unknown or ambiguous.
        """
        with as_command_errors():
            return cast(Script, self.revision_map.get_revision(id_))

    def as_revision_number(self, id_: str | None) -> str | tuple[str, ...] | None:
        """Resolve a symbol like `head` to an identifier.

        :param id_: the symbol; a full or partial identifier is returned unchanged.
        :return: the identifier; a tuple of the heads for `heads`; `None` for the base, or without revisions.
        :raises CommandError: if it is ambiguous.
        """
        with as_command_errors():
            ids, _ = self.revision_map._resolve_revision_number(id_)
        if not ids:
            return None
        return ids if id_ == "heads" else ids[0]

    def iterate_revisions(
        self, upper: str | tuple[str, ...] | None, lower: str | tuple[str, ...] | None, **kw: Any
    ) -> Iterator[Script]:
        """Iterate over the revisions between two points, newest first.

        :param upper: the upper end.
        :param lower: the lower end, not included.
        :param kw: further arguments of :meth:`.RevisionMap.iterate_revisions`.
        :raises RevisionError: if an end is unknown, or they are not on one branch.
        """
        return cast("Iterator[Script]", self.revision_map.iterate_revisions(upper, lower, **kw))

    def get_current_head(self) -> str | None:
        """Return the identifier of the head; `None` without revisions.

        :raises CommandError: if there are several heads.
        """
        with as_command_errors(
            several_heads="The script directory has multiple heads (due to branching)."
            "Please use get_heads(), or merge the branches using alembic merge."
        ):
            return self.revision_map.get_current_head()

    def get_heads(self, consider_depends_on: bool = False) -> list[str]:
        """Return the identifiers of all heads.

        :param consider_depends_on: exclude heads on which another revision depends.
        """
        revisions = self.revision_map
        return list(revisions._real_heads if consider_depends_on else revisions.heads)

    def get_base(self) -> str | None:
        """Return the identifier of the base; `None` without revisions.

        :raises CommandError: if there are several bases.
        """
        bases = self.revision_map.bases
        if len(bases) > 1:
            raise util.CommandError(
                "The script directory has multiple bases. Please use get_bases()."
            )
        return bases[0] if bases else None

    def get_bases(self) -> list[str]:
        """Return the identifiers of all bases."""
        return list(self.revision_map.bases)

    # -- plans

    def _upgrade_revs(self, destination: str, current_rev: Any) -> list[RevisionStep]:
        """Return the steps of an upgrade.

        :param destination: the target.
        :param current_rev: the rows of the version table.
        :raises CommandError: if the target cannot be reached.
        """
        from limbeck.script._steps import upgrade_steps

        with as_command_errors(
            not_ancestor="Destination {end} is not a valid upgrade target from current head(s)",
            several_heads=SEVERAL_HEADS.replace("{argument}", "{end}"),
            end=destination,
        ):
            revisions = self._revisions_for(current_rev, destination)
            steps = upgrade_steps(revisions, destination, current_rev)
        return self._with_imports(steps)

    def _downgrade_revs(self, destination: str, current_rev: Any) -> list[RevisionStep]:
        """Return the steps of a downgrade.

        :param destination: the target.
        :param current_rev: the rows of the version table.
        :raises CommandError: if the target cannot be reached.
        """
        from limbeck.script._steps import downgrade_steps

        with as_command_errors(
            not_ancestor="Destination {end} is not a valid downgrade target from current head(s)",
            end=destination,
        ):
            revisions = self._revisions_for(current_rev, destination)
            steps = downgrade_steps(revisions, destination, current_rev)
        return self._with_imports(steps)

    def _with_imports(self, steps: list[RevisionStep]) -> list[RevisionStep]:
        """Return the steps, after importing all files that they may need."""
        _deferred_imports.import_unused(self, [step.revision for step in steps])
        return steps

    def _stamp_revs(self, revision: _RevIdType, heads: _RevIdType) -> list[StampStep]:
        """Return the steps of a stamp.

        :param revision: the targets.
        :param heads: the rows of the version table.
        :raises CommandError: if a target or a row is unknown.
        """
        from limbeck.script._steps import stamp_steps

        with as_command_errors(
            several_heads="Multiple heads are present; please specify a single target revision"
        ):
            targets = util.to_tuple(revision, default=())
            return stamp_steps(self._revisions_for(heads, *targets), revision, heads)

    def run_env(self) -> None:
        """Run env.py.

        Its context is :mod:`alembic.context`, set by an :class:`.EnvironmentContext`.
        """
        util.load_python_file(self.dir, "env.py")

    # -- new files

    def _ensure_directory(self, path: Path) -> None:
        """Create a folder if it does not exist."""
        path = path.absolute()
        if not path.exists():
            with util.status(f"Creating directory {path}", **self.messaging_opts):
                # exist_ok, because `missing/..` exists once `missing` is created.
                os.makedirs(path, exist_ok=True)

    def _copy_file(self, src: Path, dest: Path) -> None:
        """Copy a file into a new environment."""
        with util.status(f"Generating {dest.absolute()}", **self.messaging_opts):
            dest.write_bytes(src.read_bytes())

    def _generate_template(self, src: Path, dest: Path, **kw: Any) -> None:
        """Render a template to a file.

        :raises CommandError: if the file is a `.py` file, and the result is not valid Python.
        """
        from limbeck.script._produce import refuse_broken

        with util.status(f"Generating {dest.absolute()}", **self.messaging_opts):
            rendered = util.pyfiles.render_template(src, self.output_encoding, **kw)
            refuse_broken(dest, rendered)
            dest.write_bytes(rendered)

    def _append_template(self, src: Path, dest: Path, **kw: Any) -> None:
        """Render a template, and append it to a file."""
        with util.status(f"Appending to existing {dest.absolute()}", **self.messaging_opts):
            util.template_to_file(src, dest, self.output_encoding, append_with_newlines=True, **kw)

    def generate_revision(
        self,
        revid: str,
        message: str | None,
        head: _RevIdType | None = None,
        splice: bool | None = False,
        branch_labels: _RevIdType | None = None,
        version_path: _PathLike | None = None,
        file_template: str | None = None,
        depends_on: _RevIdType | None = None,
        **kw: Any,
    ) -> Script | None:
        """Write a new revision file.

        :param revid: the identifier.
        :param message: the message.
        :param head: the parent or parents; by default the head.
        :param splice: allow a parent that is not a head.
        :param branch_labels: labels of the branch that begins with the revision.
        :param version_path: the version location; by default the only one, or that of the first parent.
        :param file_template: the format of the file name; by default that of the directory.
        :param depends_on: the dependencies.
        :param kw: further variables of the template.
        :return: the new script; `None` if the name of the file is not that of a revision file.
        :raises CommandError: if an argument is invalid, or the template lacks a header field.
        """
        from limbeck.script._produce import Request, write_revision

        return write_revision(
            self,
            Request(
                revid=revid,
                message=message,
                head="head" if head is None else head,
                splice=bool(splice),
                branch_labels=branch_labels,
                version_path=version_path,
                file_template=file_template,
                depends_on=depends_on,
                variables=kw,
            ),
        )

    def _rev_path(
        self,
        path: _PathLike,
        rev_id: str,
        message: str | None,
        create_date: _DateTime,
        file_template: str | None = None,
    ) -> Path:
        """Return the path of a new revision file in the folder `path`."""
        from pathlib import Path

        return Path(path) / _naming.file_name(
            file_template or self.file_template,
            rev_id,
            message,
            self.truncate_slug_length,
            create_date,
        )

    def _generate_create_date(self) -> _DateTime:
        """Return the current time in the configured time zone.

        :raises CommandError: if the time zone is unknown.
        """
        datetime = _lazy("datetime")
        if self.timezone is None:
            return cast("_DateTime", datetime.datetime.now())
        zone = _time_zone(self.timezone)
        now = datetime.datetime.now(datetime.timezone.utc)
        return cast("_DateTime", now.astimezone(zone))


#: limbeck's loading methods; a project may have replaced them in the classes.
_OWN_LOADING: dict[str, Any] = {
    "_load_revisions": ScriptDirectory.__dict__["_load_revisions"],
    "_list_py_dir": Script.__dict__["_list_py_dir"].__func__,
    "_from_path": Script.__dict__["_from_path"].__func__,
}


def _walk(revisions: RevisionMap, base: str, head: str) -> Iterator[Script]:
    found = revisions.iterate_revisions(head, base, inclusive=True, assert_relative_length=False)
    return cast("Iterator[Script]", found)


_RELATIVE = re.compile(r"[+-]\d+$")


def _identifier_in(target: object) -> str | None:
    """Return the identifier in a target, as `b1` in `label@b1` and in `b1+2`; `None` if there is none."""
    if not isinstance(target, str) or target in _NO_IDENTIFIERS:
        return None
    id = _RELATIVE.sub("", target.rpartition("@")[2])
    return None if id in _NO_IDENTIFIERS else id


_NO_IDENTIFIERS = ("", "base", "current", "head", "heads")


def _has_custom_loading() -> bool:
    """Return whether a project has replaced a loading method of `Script`."""
    return any(
        getattr(getattr(Script, name), "__func__", None) is not _OWN_LOADING[name]
        for name in ("_list_py_dir", "_from_path")
    )


def _prepend_to_sys_path(paths: Sequence[str]) -> None:
    """Insert folders at the beginning of `sys.path`, unless it begins with them."""
    if sys.path[: len(paths)] != list(paths):
        sys.path[:0] = paths


def _time_zone(name: str) -> Any:
    """Return the time zone with a name, or with the name in upper case.

    :raises CommandError: if there is none.
    """
    zone_info = _lazy("ZoneInfo")
    if zone_info is None:
        raise util.CommandError(
            "Python >= 3.9 is required for timezone support or the 'backports.zoneinfo' package "
            "must be installed."
        )
    not_found = _lazy("ZoneInfoNotFoundError")
    for spelling in (name, name.upper()):
        try:
            return zone_info(spelling)
        except not_found:
            continue
    raise util.CommandError(f"Can't locate timezone: {name}")


__all__ = ("Script", "ScriptDirectory", "not_none")
