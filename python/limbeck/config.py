"""The configuration of a project (:class:`Config`) and the command line (:class:`CommandLine`)."""

from __future__ import annotations

import io
import os
import sys
from functools import cached_property
from typing import TYPE_CHECKING, Any, TextIO, TypedDict, overload

from limbeck import _core
from limbeck.settings.path_lists import split_paths
from limbeck.util.exc import CommandError
from limbeck.util.logs import logger
from limbeck.util.pyfiles import absolute_path

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Mapping, Sequence
    from configparser import ConfigParser
    from pathlib import Path

    from limbeck import command
    from limbeck.cli.parser import CommandFunction, CommandLine

    PostWriteHookConfig = Mapping[str, str]
    TomlValue = None | str | list[str] | dict[str, str] | list[dict[str, str]] | int


class MessagingOptions(TypedDict, total=False):
    """Options for the messages of commands."""

    quiet: bool


class Config:
    """The settings of one environment, from an ini file, from `pyproject.toml`, or set by a program.

    :param file_: the ini file
    :param toml_file: the `pyproject.toml`
    :param ini_section: the main section of the ini file
    :param output_buffer: the stream for the SQL of offline mode; by default standard output
    :param stdout: the stream that commands print to
    :param cmd_opts: the parsed command line
    :param config_args: further values for `%(name)s` in settings
    :param attributes: objects for env.py, such as a connection
    """

    def __init__(
        self,
        file_: str | os.PathLike[str] | None = None,
        toml_file: str | os.PathLike[str] | None = None,
        ini_section: str = "alembic",
        output_buffer: TextIO | None = None,
        stdout: TextIO = sys.stdout,
        cmd_opts: Namespace | None = None,
        config_args: Mapping[str, Any] | None = None,
        attributes: dict[str, Any] | None = None,
    ) -> None:
        self.config_file_name = None if file_ is None else os.fspath(file_)
        self.toml_file_name = None if toml_file is None else os.fspath(toml_file)
        self.config_ini_section = ini_section
        self.output_buffer = output_buffer
        self.stdout = stdout
        self.cmd_opts = cmd_opts
        self.config_args = dict(config_args or {})
        self.toml_args = dict(config_args or {})
        if attributes:
            self.attributes.update(attributes)

    config_file_name: str | None = None
    """The ini file, if there is one."""

    toml_file_name: str | None = None
    """The `pyproject.toml`, if there is one."""

    config_ini_section: str
    """The main section of the ini file."""

    cmd_opts: Namespace | None = None
    """The parsed command line; `None` if a program calls the commands."""

    @cached_property
    def attributes(self) -> dict[str, Any]:
        """Objects that a program passes to its env.py, such as a connection."""
        return {}

    def print_stdout(self, text: str, *arg: Any) -> None:
        """Print a line to the stream of the commands, unless `quiet` is set.

        :param text: the line, or a format for `arg`
        :param arg: the values for the format
        """
        from limbeck.util.messaging import write_outstream

        line = (str(text) % arg) if arg else str(text)
        write_outstream(self.stdout, line, "\n", **self.messaging_opts)

    @cached_property
    def messaging_opts(self) -> MessagingOptions:
        """Options for the messages of commands: keyword arguments of the functions of :mod:`.util.messaging`."""
        return {"quiet": bool(getattr(self.cmd_opts, "quiet", False))}

    def get_template_directory(self) -> str:
        """Return the folder with the templates of `init`."""
        return str(self._get_template_path())

    def _get_template_path(self) -> Path:
        from pathlib import Path

        import limbeck

        return Path(limbeck.__file__).parent / "templates"

    # ---- the ini file ----

    @property
    def _config_file_path(self) -> Path | None:
        from pathlib import Path

        return None if self.config_file_name is None else Path(self.config_file_name)

    @property
    def _toml_file_path(self) -> Path | None:
        from pathlib import Path

        return None if self.toml_file_name is None else Path(self.toml_file_name)

    @cached_property
    def _ini(self) -> _core.Ini:
        """The ini file, read on first use."""
        path = self._path_to_open(self.config_file_name, "_config_file_path")
        verbose = getattr(self.cmd_opts, "verbose", False)
        if path is None:
            if verbose:
                logger("alembic.config").info(
                    "No config file provided; using in-memory default config"
                )
            self.config_args["here"] = "."
            return _core.Ini.parse(f"[{self.config_ini_section}]\n", self._ini_defaults(), None)
        if verbose:
            logger("alembic.config").info("Loading config from file: %s", path)
        # The value is interpolated.
        self.config_args["here"] = _folder_of(path).replace("%", "%%")
        return _core.Ini.parse(
            _read_ini(path), self._ini_defaults(), lambda: self._config_file_path
        )

    def _path_to_open(self, name: str | None, path_property: str) -> str | Path | None:
        """Return the argument for `open()`: a string, because importing `pathlib` takes longer than printing a listing.

        If tests have replaced `open()` or the property, it is a `Path`.

        :param name: the path of the file
        :param path_property: the name of the property that returns the path as a `Path`
        :return: `None` if there is no file
        """
        is_replaced = getattr(type(self), path_property) is not _PATH_PROPERTIES[path_property]
        if open is io.open and not is_replaced:
            return name
        path: Path | None = getattr(self, path_property)
        return path

    def _ini_defaults(self) -> list[tuple[str, str]]:
        return [(str(name), str(value)) for name, value in self.config_args.items()]

    @cached_property
    def file_config(self) -> ConfigParser:
        """The ini file as a `ConfigParser`. Changes to the parser take effect."""
        from limbeck.settings.ini_view import config_parser

        parser = config_parser(self._ini)
        del self.__dict__["_ini"]  # settings are read from the parser from now on
        return parser

    def _used_parser(self) -> ConfigParser | None:
        """Return :attr:`file_config` if it was used, because it may have been changed since; otherwise `None`."""
        parser: ConfigParser | None = self.__dict__.get("file_config")
        return parser

    def _is_changed(self) -> bool:
        """Return whether a program has changed the main section of the ini file, apart from the script location."""
        if not self.config_args.keys() <= {"here"}:
            return True
        parser = self._used_parser()
        if parser is None:
            return False
        section = self.config_ini_section
        original = Config(self.config_file_name, ini_section=section).file_config

        def options(of: ConfigParser) -> dict[str, str]:
            found = dict(of.items(section, raw=True)) if of.has_section(section) else {}
            return {name: value for name, value in found.items() if name != "script_location"}

        return options(parser) != options(original)

    @overload
    def get_section(self, name: str) -> dict[str, str] | None: ...

    @overload
    def get_section(self, name: str, default: dict[str, str]) -> dict[str, str]: ...

    @overload
    def get_section(
        self, name: str, default: Mapping[str, str]
    ) -> dict[str, str] | Mapping[str, str]: ...

    def get_section(
        self, name: str, default: Mapping[str, str] | None = None
    ) -> Mapping[str, str] | None:
        """Return all options of a section of the ini file, including those of `[DEFAULT]`.

        :param default: returned if there is no such section
        """
        parser = self._used_parser()
        if parser is None:
            options = self._ini.items(name)
            return default if options is None else options
        return dict(parser.items(name)) if parser.has_section(name) else default

    def set_main_option(self, name: str, value: str) -> None:
        """Set an option of the main section, overriding the ini file.

        :param value: the value; `%(other)s` refers to another option, `%%` is a percent sign
        :raises ValueError: the value contains a single percent sign
        """
        self.set_section_option(self.config_ini_section, name, value)

    def remove_main_option(self, name: str) -> None:
        """Remove an option from the main section."""
        self.file_config.remove_option(self.config_ini_section, name)

    def set_section_option(self, section: str, name: str, value: str) -> None:
        """Set an option of a section, overriding the ini file; the section is created if necessary.

        :param value: the value; `%(other)s` refers to another option, `%%` is a percent sign
        :raises ValueError: the value contains a single percent sign
        """
        parser = self.file_config
        if not parser.has_section(section):
            parser.add_section(section)
        parser.set(section, name, value)

    @overload
    def get_section_option(self, section: str, name: str, default: str) -> str: ...

    @overload
    def get_section_option(
        self, section: str, name: str, default: str | None = None
    ) -> str | None: ...

    def get_section_option(self, section: str, name: str, default: str | None = None) -> str | None:
        """Return an option of a section of the ini file, or `default`.

        :raises CommandError: if there is no such section
        """
        source = self._used_parser() or self._ini
        if not source.has_section(section):
            raise CommandError(
                f"No config file {self.config_file_name!r} found, or file has no '[{section}]' section"
            )
        if not source.has_option(section, name):
            return default
        value: str | None = source.get(section, name)
        return value

    @overload
    def get_main_option(self, name: str, default: str) -> str: ...

    @overload
    def get_main_option(self, name: str, default: str | None = None) -> str | None: ...

    def get_main_option(self, name: str, default: str | None = None) -> str | None:
        """Return an option of the main section of the ini file, or `default`.

        :raises CommandError: if there is no such section
        """
        return self.get_section_option(self.config_ini_section, name, default)

    # ---- both files ----

    @cached_property
    def toml_alembic_config(self) -> Mapping[str, Any]:
        """The table `[tool.alembic]` of `pyproject.toml`, before `%(name)s` is expanded."""
        return self._tool_table("alembic")

    def _tool_table(self, name: str) -> Mapping[str, Any]:
        """Return the table `[tool.<name>]` of `pyproject.toml`; empty if there is none.

        :raises CommandError: `tool` or the value is not a table
        """
        document = self._toml_document
        table = document.get("tool", {})
        table = table.get(name, {}) if isinstance(table, dict) else None
        if not isinstance(table, dict):
            raise CommandError("Incorrect TOML format")
        return table

    @cached_property
    def _toml_document(self) -> dict[str, Any]:
        path = self._path_to_open(self.toml_file_name, "_toml_file_path")
        if path is None:
            return {}
        self.toml_args["here"] = _folder_of(path)
        return _read_toml(path)

    @overload
    def get_alembic_option(self, name: str, default: str) -> str: ...

    @overload
    def get_alembic_option(self, name: str, default: str | None = None) -> TomlValue: ...

    def get_alembic_option(self, name: str, default: str | None = None) -> TomlValue:
        """Return an option of the main section of the ini file, else of `pyproject.toml`.

        :param default: returned if neither file has the option
        :raises CommandError: the value has a type that no option has
        """
        if self._in_ini(name):
            return self.get_main_option(name)
        return self._toml_option(name, default)

    def _in_ini(self, name: str) -> bool:
        """Return whether the main section of the ini file has an option."""
        source = self._used_parser() or self._ini
        return source.has_option(self.config_ini_section, name)

    def get_alembic_boolean_option(self, name: str) -> bool:
        """Return a boolean option: `true` in the ini file, a boolean in TOML.

        :raises CommandError: the value in TOML is not a boolean
        """
        if self._in_ini(name):
            return self.get_main_option(name) == "true"
        value = self.toml_alembic_config.get(name, False)
        if not isinstance(value, bool):
            raise CommandError(f"boolean value expected for TOML parameter {name!r}")
        return value

    def _toml_option(self, name: str, default: str | None = None) -> TomlValue:
        """Return an option of `[tool.alembic]`, with `%(name)s` expanded, or `default`.

        :raises CommandError: the value has a type that no option has
        """
        table = self.toml_alembic_config
        if name not in table:
            return default
        value = table[name]
        args = self.toml_args
        if isinstance(value, int):
            return value
        if isinstance(value, str):
            return value % args
        if isinstance(value, dict):
            return {key: item % args for key, item in value.items()}
        if isinstance(value, list):
            if value and isinstance(value[0], dict):
                return [{key: item % args for key, item in row.items()} for row in value]
            return [item % args for item in value]
        raise CommandError(f"unsupported TOML value type for key: {name!r}")

    def get_version_locations_list(self) -> list[str] | None:
        """Return the version locations, or `None` if none are configured.

        :raises ValueError: the path separator is unknown
        """
        if not self._in_ini("version_locations"):
            return self._toml_option("version_locations")  # type: ignore[return-value] # a list in TOML
        return split_paths(self, "version_locations", legacy_setting="version_path_separator")

    def get_prepend_sys_paths_list(self) -> list[str] | None:
        """Return the paths to put in front of `sys.path`, or `None` if none are configured.

        :raises ValueError: the path separator is unknown
        """
        if not self._in_ini("prepend_sys_path"):
            return self._toml_option("prepend_sys_path")  # type: ignore[return-value] # a list in TOML
        return split_paths(self, "prepend_sys_path")

    def get_hooks_list(self) -> list[PostWriteHookConfig]:
        """Return the post-write hooks: the options of each hook, with its name as `_hook_name`."""
        section = self.get_section("post_write_hooks")
        if section is None:
            tables: Any = self._toml_option("post_write_hooks") or []
            return [_named_hook(dict(table)) for table in tables]
        names = section.get("hooks", "").replace(",", " ").split()
        return [_ini_hook(name, section) for name in names]


def _read_ini(path: str | Path) -> str:
    """Return the text of an ini file; empty if it cannot be opened, as in `ConfigParser.read`.

    It is in the encoding of the locale, or else in UTF-8, with or without a byte order mark.
    """
    try:
        try:
            with open(path, encoding="locale") as file:
                text = file.read()
        except UnicodeDecodeError:
            with open(path, encoding="utf-8") as file:
                text = file.read()
    except OSError:
        return ""
    return text.removeprefix("\ufeff")


def _read_toml(path: str | Path) -> dict[str, Any]:
    """Return the content of a TOML file; empty if the file does not exist.

    :raises CommandError: the file is not TOML
    """
    if not (os.path.exists(path) if isinstance(path, str) else path.exists()):
        return {}
    with open(path, "rb") as file:
        content = file.read()
    return _core.parse_toml(os.fspath(path), content.decode())


def _named_hook(table: dict[str, str]) -> PostWriteHookConfig:
    """Return a hook from a table of `pyproject.toml`; the table is changed."""
    table["_hook_name"] = table.pop("name")
    return table


def _ini_hook(name: str, section: Mapping[str, str]) -> PostWriteHookConfig:
    """Return a hook from the section `[post_write_hooks]` of the ini file."""
    prefix = f"{name}."
    options = {
        key[len(prefix) :]: value for key, value in section.items() if key.startswith(prefix)
    }
    return {**options, "_hook_name": name}


def _folder_of(name: str | Path) -> str:
    """Return the absolute path of a file's folder, with `/` on every system."""
    return os.path.dirname(absolute_path(name)).replace(os.sep, "/")


#: The properties that tests override to read other files.
_PATH_PROPERTIES = {name: vars(Config)[name] for name in ("_config_file_path", "_toml_file_path")}

#: Names that are imported on first use, because reading settings does not require them.
_LAZY = {
    "ArgumentParser": ("argparse", "ArgumentParser"),
    "Namespace": ("argparse", "Namespace"),
    "CommandFunction": ("limbeck.cli.parser", "CommandFunction"),
    "CommandLine": ("limbeck.cli.parser", "CommandLine"),
    "ConfigParser": ("configparser", "ConfigParser"),
    "command": ("limbeck.command", ""),
}


def __getattr__(name: str) -> Any:
    """Import one of the names of `_LAZY`."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    module_name, attribute = _LAZY[name]
    module = import_module(module_name)
    return getattr(module, attribute) if attribute else module


def main(argv: Sequence[str] | None = None, prog: str | None = None, **kwargs: Any) -> None:
    """Run the command line.

    :param argv: the arguments; by default those of the process
    :param prog: the program's name in messages; by default the name of the running program
    :param kwargs: ignored
    :raises SystemExit: with the exit status, unless the command succeeds
    """
    # Looked up in this module, because projects and tests replace it here.
    command_line: type[CommandLine] = sys.modules[__name__].CommandLine
    command_line(prog=prog).main(argv=argv)


__all__ = (
    "ArgumentParser",
    "CommandFunction",
    "CommandLine",
    "Config",
    "ConfigParser",
    "MessagingOptions",
    "Namespace",
    "command",
    "main",
)

if __name__ == "__main__":  # `python -m alembic.config` runs the command line in Alembic too
    from limbeck.__main__ import alembic

    alembic()
