"""The command line: its parser, and the call of the command's function.

A command is a function. Its parameters without a default are positional arguments. Those with a default are options if
`OPTIONS` contains them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext, redirect_stdout
from importlib import import_module
from types import FunctionType
from typing import TYPE_CHECKING, Any, Protocol

import limbeck
from limbeck.cli.options import (
    EXTRA_COMMANDS,
    EXTRA_OPTIONS,
    GLOBAL_OPTIONS,
    HELP,
    OPTIONS,
    POSITIONALS,
    RENAMED,
    Extra,
)
from limbeck.cli.suggestions import EXAMPLES, TOO_FEW, add_hints
from limbeck.compat import ALEMBIC_VERSION
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from argparse import ArgumentParser, HelpFormatter, Namespace

    from limbeck.config import Config


class CommandFunction(Protocol):
    """A function that can be registered as a command: its first parameter is the configuration."""

    __name__: str

    def __call__(self, config: Config, *args: Any, **kwargs: Any) -> Any:
        """Run the command."""


#: A function, the names of its positional arguments, and those of its keyword arguments. Parsed arguments have it as `cmd`.
_Call = tuple[Callable[..., Any], list[str], list[str]]


class CommandLine:
    """The program `alembic`.

    :param prog: its name in messages; by default that of the process
    """

    def __init__(self, prog: str | None = None) -> None:
        self._generate_args(prog)

    def _generate_args(self, prog: str | None) -> None:
        """Create the parser; projects override this to add options."""
        from limbeck import config
        from limbeck.cli.deferred_parser import DeferredParser

        # Taken from `config`, because projects may patch `alembic.config.ArgumentParser`.
        self.parser: ArgumentParser = config.ArgumentParser(prog=prog, formatter_class=_formatter)
        self.parser.add_argument(
            "--version",
            action="version",
            version=_version(self.parser.prog),
        )
        for option in GLOBAL_OPTIONS.values():
            self.parser.add_argument(*option.flags, **option.settings)
        self.subparsers = self.parser.add_subparsers(
            prog=self.parser.prog, parser_class=DeferredParser, metavar="COMMAND"
        )
        for function in _alembic_commands():
            self.register_command(function)

    def register_extra_commands(self) -> None:
        """Add limbeck's own commands.

        Not part of the constructor, so that a project's subclass of `CommandLine` has Alembic's commands only.
        """
        for name, extra in EXTRA_COMMANDS.items():
            if name not in self.subparsers.choices:
                self._register_extra(name, extra)
        self.parser.formatter_class = _grouped_formatter

    def register_command(self, fn: CommandFunction) -> None:
        """Add a command.

        :param fn: the function, whose name is that of the command. The first paragraph of its docstring is
            the help. Its first parameter is the :class:`.Config`; the others become positional
            arguments and options.
        """
        positional, keyword = _parameters(fn)
        renamed = RENAMED.get(fn.__name__, {}) if _is_alembic_command(fn) else {}
        positional = [renamed.get(name, name) for name in positional]
        keyword = [name for name in keyword if name in OPTIONS]
        extra_options = EXTRA_OPTIONS.get(fn.__name__, ()) if _is_alembic_command(fn) else ()
        help = HELP.get(fn.__name__) if _is_alembic_command(fn) else None
        self._add(
            fn.__name__,
            _first_paragraph(fn) if help is None else help,
            (fn, positional, keyword),
            extra_options,
        )

    def _register_extra(self, name: str, extra: Extra) -> None:
        def run(config: Config, *args: Any, **kwargs: Any) -> Any:
            module, _, function = extra.target.partition(":")
            return getattr(import_module(module), function)(config, *args, **kwargs)

        self._add(name, extra.help, (run, list(extra.positionals), list(extra.options)))

    def _add(self, name: str, help: str, call: _Call, extra_options: Sequence[str] = ()) -> None:
        """Add the parser of a command.

        :param extra_options: options that are not arguments of the function
        """
        _, positional, keyword = call

        def fill(parser: ArgumentParser) -> None:
            for option in keyword:
                parser.add_argument(*OPTIONS[option].flags, **OPTIONS[option].settings)
            if extra_options:
                own = parser.add_argument_group("options that Alembic does not have")
                for option in extra_options:
                    own.add_argument(*OPTIONS[option].flags, **OPTIONS[option].settings)
            for argument in positional:
                parser.add_argument(argument, **POSITIONALS.get(argument, {}))
            parser.set_defaults(cmd=call)

        settings: dict[str, Any] = {"formatter_class": _formatter}
        if name in EXAMPLES:
            settings["epilog"] = f"example: {EXAMPLES[name]}"
        self.subparsers.add_parser(name, help=help, fill=fill, **settings)

    def run_cmd(self, config: Config, options: Namespace) -> None:
        """Run the command that the arguments name.

        :param config: the configuration
        :param options: the parsed arguments
        :raises SystemExit: with status 255, if the command fails with an error that is shown without a traceback
        """
        call: _Call = options.cmd
        function, positional, keyword = call
        in_json = getattr(options, "json", False) and _is_alembic_command(function)

        def run(config: Config) -> None:
            function(
                config,
                *[getattr(options, name, None) for name in positional],
                **{name: getattr(options, name, None) for name in keyword},
            )

        try:
            if in_json:
                from limbeck.cli.json_output import run_with_json

                run_with_json(config, options, function.__name__, run)
            elif getattr(options, "history_oneline", False) or getattr(
                options, "history_graph", False
            ):
                from limbeck.cli.history import run_in_other_form

                run_in_other_form(config, options, run)
            else:
                run(config)
        except Exception as error:
            if options.raiseerr:
                raise
            from limbeck.cli.hints import hint_for
            from limbeck.util.messaging import err

            hint = hint_for(error, config, options)
            if not _is_user_error(error):
                if hint:
                    from limbeck.runtime._run import add_notes

                    add_notes(error, ["", f"hint: {hint}"])
                raise
            try:
                # Alembic writes this message to standard output.
                with redirect_stdout(sys.stderr) if in_json else nullcontext():
                    err(str(error), **config.messaging_opts)
            finally:
                if hint:
                    print(f"\nhint: {hint}", file=sys.stderr)

    def _inis_from_config(self, options: Namespace) -> tuple[str, str]:
        """Return the paths of `pyproject.toml` and of the ini file.

        :raises CommandError: if either is given twice
        """
        names: Sequence[str] = options.config or ()
        from_environment = os.environ.get("ALEMBIC_CONFIG")
        if not names and from_environment:
            names = (from_environment,)
        tomls = [name for name in names if os.path.basename(name) == "pyproject.toml"]
        inis = [name for name in names if name not in tomls]
        if len(tomls) > 1:
            raise CommandError("pyproject.toml indicated more than once")
        if len(inis) > 1:
            raise CommandError("only one ini file may be indicated")
        return (*tomls, "pyproject.toml")[0], (*inis, "alembic.ini")[0]

    def main(self, argv: Sequence[str] | None = None) -> None:
        """Parse the arguments, and run the command.

        :param argv: the arguments; by default those of the process
        :raises SystemExit: with the exit status, unless it is 0
        """
        from limbeck.config import Config

        self.register_extra_commands()
        add_hints(self.parser, self.subparsers.choices, sys.argv[1:] if argv is None else argv)
        options = self.parser.parse_args(argv)
        if not hasattr(options, "cmd"):
            self.parser.error(TOO_FEW)
        toml, ini = self._inis_from_config(options)
        config = Config(file_=ini, toml_file=toml, ini_section=options.name, cmd_opts=options)
        self.run_cmd(config, options)


def _version(prog: str) -> str:
    if prog == "limbeck":
        return f"limbeck {limbeck.__version__} (with the behaviour of Alembic {ALEMBIC_VERSION})"
    return f"{prog} {ALEMBIC_VERSION} (limbeck {limbeck.__version__})"


def _formatter(prog: str) -> HelpFormatter:
    """Return the help formatter of `argparse`, with a width that is determined without an import of `shutil`."""
    from argparse import HelpFormatter

    return HelpFormatter(prog, width=_columns() - 2)


def _grouped_formatter(prog: str) -> HelpFormatter:
    """Return the help formatter of the program, which lists the commands in groups."""
    from limbeck.cli.help_groups import GroupedHelp

    return GroupedHelp(prog, EXTRA_COMMANDS, width=_columns() - 2)


def _columns() -> int:
    """Return the width of the help: `COLUMNS`, else the width of the terminal, else 80."""
    try:
        columns = int(os.environ.get("COLUMNS", "0"))
    except ValueError:
        columns = 0
    if columns <= 0 and sys.__stdout__ is not None:
        try:
            columns = os.get_terminal_size(sys.__stdout__.fileno()).columns
        except (AttributeError, ValueError, OSError):
            columns = 0
    return columns if columns > 0 else 80


def _alembic_commands() -> list[CommandFunction]:
    """Return the command functions of :mod:`limbeck.command`, sorted by name."""
    from limbeck import config

    names = vars(config.command)
    return [
        names[name] for name in sorted(names) if name[0] != "_" and _is_alembic_command(names[name])
    ]


def _is_alembic_command(value: object) -> bool:
    return isinstance(value, FunctionType) and value.__module__ in (
        "alembic.command",
        "limbeck.command",
    )


def _parameters(fn: CommandFunction) -> tuple[list[str], list[str]]:
    """Return the names of a function's parameters except the first: those without a default, and those with one.

    Keyword-only parameters are not part of the command line.
    """
    code = fn.__code__  # type: ignore[attr-defined] # a function has one
    names: tuple[str, ...] = code.co_varnames[: code.co_argcount]
    with_default = len(fn.__defaults__ or ())  # type: ignore[attr-defined] # a function has them
    first = len(names) - with_default
    return list(names[1:first]), list(names[max(first, 1) :])


def _first_paragraph(fn: CommandFunction) -> str:
    lines = (fn.__doc__ or "").strip().split("\n")
    paragraph: list[str] = []
    for line in lines:
        if not line.strip():
            break
        paragraph.append(line.strip())
    return " ".join(paragraph)


def _is_user_error(error: Exception) -> bool:
    """Return whether an exception is shown without a traceback: an error of a command or of the ini file."""
    if isinstance(error, CommandError):
        return True
    configparser = sys.modules.get("configparser")
    return configparser is not None and isinstance(error, configparser.Error)
