"""The command line: its commands and options, and the call of the command's function.

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
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import limbeck
from limbeck.cli.suggestions import EXAMPLES, TOO_FEW, add_hints
from limbeck.compat import ALEMBIC_VERSION
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from argparse import Action, ArgumentParser, HelpFormatter, Namespace

    from limbeck.config import Config


class CommandFunction(Protocol):
    """A function that can be registered as a command: its first parameter is the configuration."""

    __name__: str

    def __call__(self, config: Config, *args: Any, **kwargs: Any) -> Any:
        """Run the command."""


class Argument(NamedTuple):
    """The arguments of `ArgumentParser.add_argument`."""

    flags: tuple[str, ...]
    settings: dict[str, Any]


def _text(*flags: str, help: str, **settings: Any) -> Argument:
    return Argument(flags, {"type": str, "help": help, **settings})


def _switch(*flags: str, help: str) -> Argument:
    return Argument(flags, {"action": "store_true", "help": help})


def _plan_file(**settings: Any) -> Action:
    from limbeck.cli.plan_option import PlanFile

    return PlanFile(**settings)


#: Options of the program itself.
GLOBAL_OPTIONS: dict[str, Argument] = {
    "config": Argument(
        ("-c", "--config"),
        {
            "action": "append",
            "help": "Alternate config file; defaults to value of ALEMBIC_CONFIG environment "
            'variable, or "alembic.ini". May also refer to pyproject.toml file. '
            "May be specified twice to reference both files separately",
        },
    ),
    "name": _text(
        "-n",
        "--name",
        default="alembic",
        help="Name of section in .ini file to use for Alembic config "
        "(only applies to configparser config, not toml)",
    ),
    "x": Argument(
        ("-x",),
        {
            "action": "append",
            "help": "Additional arguments consumed by custom env.py scripts, "
            "e.g. -x setting1=somesetting -x setting2=somesetting",
        },
    ),
    "raiseerr": _switch("--raiseerr", help="Raise a full stack trace on error"),
    "quiet": _switch("-q", "--quiet", help="Do not log to std output."),
}

#: Options of commands, by parameter name.
OPTIONS: dict[str, Argument] = {
    "template": _text(
        "-t", "--template", default="generic", help="Setup template for use with 'init'"
    ),
    "message": _text("-m", "--message", help="Message string to use with 'revision'"),
    "sql": _switch(
        "--sql",
        help="Don't emit SQL to database - dump to standard output/file instead. "
        "See docs on offline mode.",
    ),
    "tag": _text("--tag", help="Arbitrary 'tag' name - can be used by custom env.py scripts."),
    "head": _text(
        "--head", help="Specify head revision or <branchname>@head to base new revision on."
    ),
    "splice": _switch("--splice", help="Allow a non-head revision as the 'head' to splice onto"),
    "depends_on": Argument(
        ("--depends-on",),
        {
            "action": "append",
            "help": "Specify one or more revision identifiers which this revision should depend "
            "on.",
        },
    ),
    "rev_id": _text("--rev-id", help="Specify a hardcoded revision id instead of generating one"),
    "version_path": _text(
        "--version-path", help="Specify specific path from config for version file"
    ),
    "branch_label": _text(
        "--branch-label", help="Specify a branch label to apply to the new revision"
    ),
    "verbose": _switch("-v", "--verbose", help="Use more verbose output"),
    "compared": Argument(
        ("-v", "--verbose"),
        {
            "action": "store_true",
            "dest": "verbose",
            "help": "Say which kinds of objects the comparison looks at, and which not",
        },
    ),
    "resolve_dependencies": _switch(
        "--resolve-dependencies", help="Treat dependency versions as down revisions"
    ),
    "autogenerate": _switch(
        "--autogenerate",
        help="Populate revision script with candidate migration operations, "
        "based on comparison of database to model.",
    ),
    "renames": Argument(
        ("--rename",),
        {
            "action": "append",
            "metavar": "OLD:NEW",
            "dest": "renames",
            "help": "With --autogenerate: this table, column or label of an enum is renamed: 'old_table:new_table', "
            "'table.old:new' or 'enum:type.old:new'",
        },
    ),
    "ask": _switch(
        "--ask", help="With --autogenerate: ask about tables and columns that look renamed"
    ),
    "verify_revision": Argument(
        ("--verify",),
        {
            "action": "store_true",
            "dest": "verify_revision",
            "help": "With --autogenerate: run the new revision up, down and up on a scratch database, and compare with the models again",
        },
    ),
    "rev_range": Argument(
        ("-r", "--rev-range"), {"help": "Specify a revision range; format is [start]:[end]"}
    ),
    "indicate_current": _switch("-i", "--indicate-current", help="Indicate the current revision"),
    "purge": _switch("--purge", help="Unconditionally erase the version table before stamping"),
    "package": _switch(
        "--package",
        help="Write empty __init__.py files to the environment and version locations",
    ),
    "check_heads": _switch(
        "-c",
        "--check-heads",
        help="Check if all head revisions are applied to the database. "
        "Exit with an error code if this is not the case.",
    ),
    "json": _switch("--json", help="Print one JSON object"),
    "url": _text(
        "--url",
        help="Database to look at; default: LIMBECK_DATABASE_URL, then database_url under "
        "[limbeck], then what env.py uses",
    ),
    "timeout": Argument(
        ("--timeout",), {"type": float, "metavar": "SECONDS", "help": "How long to wait"}
    ),
    "target": _text(
        "--for",
        dest="target",
        default="head",
        metavar="REVISION",
        help="What to wait for: 'head' (every revision; the default), or a revision",
    ),
    "format": Argument(
        ("--format",),
        {
            "choices": ["text", "svg", "dot", "mermaid", "json"],
            "help": "How to draw: for this terminal, as a picture, as text for Graphviz or Mermaid, or as JSON; "
            "default: as the end of the output file's name says, or for this terminal",
        },
    ),
    "current": _switch("--current", help="Ask the database and show which revisions are applied"),
    "output": _text(
        "-o", "--output", metavar="FILE", help="Write to this file; default: standard output"
    ),
    "color": Argument(
        ("--color",),
        {
            "choices": ["auto", "always", "never"],
            "default": "auto",
            "help": "Colours; default: on a terminal, unless NO_COLOR is set",
        },
    ),
    "ascii": _switch("--ascii", help="Draw with ASCII characters only"),
    "disable": _switch(
        "--disable", help="Let Alembic itself answer for 'alembic' in this environment"
    ),
    "database": _switch(
        "--database",
        help="Run env.py, show which database it uses, and propose the settings that name it",
    ),
    "enable": _switch("--enable", help="Let limbeck answer for 'alembic' again"),
    "lock": _switch(
        "--lock", help="Let one process at a time change the database; the others wait"
    ),
    "lock_wait": Argument(
        ("--lock-wait",),
        {
            "type": float,
            "metavar": "SECONDS",
            "help": "How long to wait for the migration lock (default: 60)",
        },
    ),
    "lock_timeout": _text(
        "--lock-timeout",
        metavar="SECONDS",
        help="How long a statement may wait for a lock of the database",
    ),
    "statement_timeout": _text(
        "--statement-timeout", metavar="SECONDS", help="How long a statement may run"
    ),
    "lock_retries": _text(
        "--lock-retries",
        metavar="N",
        help="How often to try a revision again after a lock timeout or a deadlock",
    ),
    "lock_backoff": _text(
        "--lock-backoff",
        metavar="SECONDS",
        help="How long to wait before the second attempt, doubled for each further one (default: 1)",
    ),
    "pending": _switch("--pending", help="Check what the database has not applied"),
    "all_revisions": Argument(
        ("--all",),
        {"action": "store_true", "dest": "all_revisions", "help": "Check every revision"},
    ),
    "since": _text(
        "--since",
        metavar="GITREF",
        help="Check the revision files that are new or changed since the merge base with this Git ref; "
        "by default since the merge base with the default branch",
    ),
    "dialect": _text(
        "--dialect",
        help="Check for this dialect (postgresql, mysql, mariadb, sqlite, ...) instead of that of env.py",
    ),
    "server_version": _text(
        "--server-version",
        metavar="VERSION",
        help="The server's version, such as 16 or 10.11-MariaDB; default: the oldest that is maintained",
    ),
    "downgrades": Argument(
        ("--downgrade",),
        {"action": "store_true", "dest": "downgrades", "help": "Check downgrade() too"},
    ),
    "fix": Argument(
        ("--fix",),
        {
            "action": "store_true",
            "dest": "fix",
            "help": "Rewrite what has a certain rewrite, in files that the Git base does not have, and check again",
        },
    ),
    "lint_format": Argument(
        ("--format",),
        {
            "choices": ["text", "json", "github", "gitlab", "sarif"],
            "default": "text",
            "dest": "lint_format",
            "help": "How to report: as text (the default), JSON, annotations of GitHub, a Code Quality report of "
            "GitLab, or SARIF 2.1.0",
        },
    ),
    "select_rules": Argument(
        ("--select",),
        {
            "action": "append",
            "metavar": "RULES",
            "dest": "select_rules",
            "help": "Check these rules only: names or patterns such as 'pg-*', separated by commas",
        },
    ),
    "ignore_rules": Argument(
        ("--ignore",),
        {
            "action": "append",
            "metavar": "RULES",
            "dest": "ignore_rules",
            "help": "Leave out these rules",
        },
    ),
    "fail_on": Argument(
        ("--fail-on",),
        {
            "choices": ["warning", "error"],
            "help": "Which findings make the exit status 1: all (the default), or errors only",
        },
    ),
    "explain_rule": _text(
        "--explain", dest="explain_rule", metavar="RULE", help="Explain a rule, with examples"
    ),
    "accept": _text(
        "--accept", metavar="REV", help="Accept the file of this revision as it is now"
    ),
    "mark_applied": _switch(
        "--mark-applied", help="All of the revision is in the database: record it as finished"
    ),
    "forget": _switch(
        "--forget", help="Nothing of the revision is in the database: begin with it again"
    ),
    "if_behind": _switch(
        "--if-behind",
        help="Do not run env.py if the database is at the target; needs database_url under [limbeck]",
    ),
    "onto": _text(
        "--onto",
        metavar="REV",
        help="The revision on which they are to stand; default: the head that the Git base has",
    ),
    "git_base": _text(
        "--git-base",
        metavar="REF",
        help="The Git ref whose revisions stay where they are; default: the default branch",
    ),
    "check_db": _switch(
        "--check-db",
        help="Refuse to move what a database has applied: that of --url, or of the project",
    ),
    "drop_merges": _switch(
        "--drop-merges",
        help="Remove merge revisions with empty bodies for which nothing is left to merge",
    ),
    "dry_run": _switch("--dry-run", help="Show the difference, and change nothing"),
    "squash_message": _text(
        "-m", "--message", dest="squash_message", help="The message of the new revision"
    ),
    "squash_mode": Argument(
        ("--mode",),
        {
            "choices": ["schema", "concat"],
            "default": "schema",
            "dest": "squash_mode",
            "help": "How to make the new body: from the schema that the revisions make (the default), or the old "
            "bodies one after the other",
        },
    ),
    "keep_folder": _text(
        "--keep",
        metavar="DIR",
        dest="keep_folder",
        help="The folder for the folder of the old files; default: squashed/ beside the new file",
    ),
    "keep_data": _switch(
        "--keep-data", help="Write the rows that data statements leave in a new database"
    ),
    "drop_data": _switch("--drop-data", help="Leave out what data statements do"),
    "squash_verify": Argument(
        ("--verify",),
        {
            "action": "store_true",
            "dest": "squash_verify",
            "help": "Compare what the old and the new revisions make on scratch databases, and change nothing if it differs",
        },
    ),
    "history_oneline": Argument(
        ("--oneline",),
        {
            "action": "store_true",
            "dest": "history_oneline",
            "help": "A line for each revision: its identifier, labels and message",
        },
    ),
    "history_graph": Argument(
        ("--graph",),
        {
            "action": "store_true",
            "dest": "history_graph",
            "help": "Draw the revisions, as `alembic graph` does",
        },
    ),
    "heads_check": Argument(
        ("--check",),
        {
            "action": "store_true",
            "dest": "heads_check",
            "help": "Exit with 1 if a branch has several heads, or the head file does not name the heads",
        },
    ),
    "plan": Argument(
        ("--plan",),
        {
            "action": _plan_file,
            "metavar": "FILE",
            "help": "Run the plan that `alembic plan -o FILE` has saved, if it is still exactly what would run",
        },
    ),
    "allow_destructive": Argument(
        ("--allow-destructive",),
        {
            "action": "append",
            "metavar": "REV",
            "help": "Allow this revision to destroy rows or values, whatever `destructive` under [limbeck] is",
        },
    ),
    "plan_output": _text(
        "-o",
        "--output",
        metavar="FILE",
        dest="plan_output",
        help="Save the plan for `upgrade --plan`",
    ),
    "plan_format": Argument(
        ("--format",),
        {
            "choices": ["text", "json", "markdown", "sql"],
            "default": "text",
            "dest": "plan_format",
            "help": "How to show the plan: as text (the default), JSON, Markdown, or SQL",
        },
    ),
    "plan_downgrade": Argument(
        ("--downgrade",),
        {"action": "store_true", "dest": "plan_downgrade", "help": "Plan a downgrade to TARGET"},
    ),
    "verify_format": Argument(
        ("--format",),
        {
            "choices": ["text", "json", "junit"],
            "default": "text",
            "dest": "verify_format",
            "help": "How to report: as text (the default), JSON, or JUnit's XML",
        },
    ),
    "exclude": Argument(
        ("--exclude",),
        {
            "action": "append",
            "metavar": "GLOB",
            "help": "Leave out objects, such as 'grant *' or 'table old_*'",
        },
    ),
    "against": _text(
        "--against",
        metavar="WHAT",
        default="migrations",
        help="What the database should be: 'migrations' (its revisions, the default), 'models' of env.py, or "
        "a file of `alembic snapshot`",
    ),
    "drift_sql": Argument(
        ("--sql",),
        {
            "action": "store_true",
            "dest": "drift_sql",
            "help": "Print statements that would remove the differences, for review; nothing is executed",
        },
    ),
    "drift_format": Argument(
        ("--format",),
        {
            "choices": ["text", "json"],
            "default": "text",
            "dest": "drift_format",
            "help": "How to report: as text (the default) or JSON",
        },
    ),
    "snapshot_check": Argument(
        ("--check",),
        {
            "action": "store_true",
            "dest": "snapshot_check",
            "help": "Compare the file with the head, which is made on a scratch database",
        },
    ),
    "data": _text(
        "--data",
        metavar="FILE",
        help="Put rows in: 'auto' for a generated one in each empty table, or a file with statements after "
        "lines `-- at REV`",
    ),
    "keep": _switch("--keep", help="Keep the scratch database, to look at it"),
    "no_lint": _switch("--no-lint", help="Do not check the revisions of the plan"),
    "detailed_exitcode": _switch(
        "--detailed-exitcode",
        help="Exit with 0 if there is nothing to do, 3 if there are steps, 4 if one is destructive",
    ),
    "resume": _switch(
        "--resume",
        help="Go on in a revision that an earlier run has not finished; needs the journal",
    ),
}

#: Positional arguments with settings, by parameter name.
POSITIONALS: dict[str, dict[str, Any]] = {
    "revision_range": {
        "nargs": "?",
        "metavar": "RANGE",
        "help": "a revision, or START:END for the revisions after START up to END",
    },
    "moved_range": {
        "nargs": "?",
        "metavar": "RANGE",
        "help": "a revision, which moves with all that stands on it, or START:END for the revisions after START up "
        "to END; default: what the Git base does not have",
    },
    "squashed_range": {
        "metavar": "FROM:TO",
        "help": "the first and the last of the revisions that are replaced",
    },
    "plan_target": {
        "nargs": "?",
        "metavar": "TARGET",
        "help": "what `upgrade` would get (default: heads); base and -N are downgrades",
    },
    "directory": {"help": "location of scripts directory"},
    "shell": {
        "choices": ["bash", "zsh", "fish", "revisions"],
        "help": "the shell; `revisions` prints candidates",
    },
    "revision": {"help": "revision identifier"},
    "revisions": {"nargs": "+", "help": "one or more revisions, or 'heads' for all heads"},
}

#: Parameters with another name on the command line, by command.
RENAMED: dict[str, dict[str, str]] = {"stamp": {"revision": "revisions"}}

#: The help of Alembic's commands.
HELP: dict[str, str] = {
    "branches": "Show current branch points.",
    "check": "Check if revision command with autogenerate has pending upgrade ops.",
    "current": "Display the current revision for a database.",
    "downgrade": "Revert to a previous version.",
    "edit": "Edit revision script(s) using $EDITOR.",
    "ensure_version": "Create the alembic version table if it doesn't exist already .",
    "heads": "Show current available heads in the script directory.",
    "history": "List changeset scripts in chronological order.",
    "init": "Initialize a new scripts directory.",
    "list_templates": "List available templates.",
    "merge": "Merge two revisions together. Creates a new migration file.",
    "revision": "Create a new revision file.",
    "show": "Show the revision(s) denoted by the given symbol.",
    "stamp": "'stamp' the revision table with the given revision; don't run any migrations.",
    "upgrade": "Upgrade to a later version.",
}


class Extra(NamedTuple):
    """A command of limbeck's own. Its function is imported when it runs."""

    target: str
    """`module:function`."""
    help: str
    positionals: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


#: limbeck's own commands, by name. Their arguments come from the tables above.
EXTRA_COMMANDS: dict[str, Extra] = {
    "completion": Extra(
        "limbeck.cli.completion:completion",
        "Print what bash, zsh or fish needs to complete this command line.",
        positionals=("shell",),
    ),
    "drift": Extra(
        "limbeck.cli.drift:drift_command",
        "Show how the database differs from what its revisions have made.",
        options=("against", "exclude", "drift_format", "drift_sql"),
    ),
    "graph": Extra(
        "limbeck.cli.graph:graph",
        "Draw the revision graph.",
        options=("rev_range", "format", "current", "output", "color", "ascii", "url"),
    ),
    "lint": Extra(
        "limbeck.cli.lint:lint_command",
        "Check what revisions will do to a database in use, without one.",
        positionals=("revision_range",),
        options=(
            "pending",
            "all_revisions",
            "since",
            "dialect",
            "server_version",
            "downgrades",
            "lint_format",
            "select_rules",
            "ignore_rules",
            "fail_on",
            "explain_rule",
            "fix",
        ),
    ),
    "plan": Extra(
        "limbeck.cli.plan:plan_command",
        "Show what an upgrade would do to this database, and save it for review.",
        positionals=("plan_target",),
        options=(
            "plan_output",
            "plan_format",
            "plan_downgrade",
            "no_lint",
            "detailed_exitcode",
            "tag",
        ),
    ),
    "rebase": Extra(
        "limbeck.cli.rebase:rebase_command",
        "Move revisions onto the head of the default branch, or onto another revision.",
        positionals=("moved_range",),
        options=("onto", "git_base", "check_db", "url", "drop_merges", "dry_run"),
    ),
    "snapshot": Extra(
        "limbeck.cli.drift:snapshot_command",
        "Print the catalog of the database, one line per object, or compare a file of it with the head.",
        options=("output", "snapshot_check"),
    ),
    "squash": Extra(
        "limbeck.cli.squash:squash_command",
        "Replace the revisions of a range by one, with the identifier of the last one.",
        positionals=("squashed_range",),
        options=(
            "squash_message",
            "squash_mode",
            "keep_folder",
            "keep_data",
            "drop_data",
            "squash_verify",
            "dry_run",
        ),
    ),
    "status": Extra(
        "limbeck.cli.status:status_command",
        "Show whether the database is at the head, behind, ahead of these files, diverged or unstamped.",
        options=("verbose", "json", "url", "timeout"),
    ),
    "verify": Extra(
        "limbeck.cli.verify:verify_command",
        "Apply, revert and apply again each revision on a scratch database, and compare its catalog.",
        positionals=("revision_range",),
        options=("since", "data", "keep", "verify_format"),
    ),
    "wait": Extra(
        "limbeck.cli.status:wait_command",
        "Wait until the server answers and the database has a revision applied.",
        options=("target", "timeout", "json", "url"),
    ),
    "log": Extra(
        "limbeck.cli.journal:log_command",
        "Show the journal of the database: what ran when, by whom, and how it ended.",
        options=("json", "accept"),
    ),
    "repair": Extra(
        "limbeck.cli.journal:repair_command",
        "Settle a revision that a run has not finished, after a look at the database.",
        positionals=("revision",),
        options=("mark_applied", "forget"),
    ),
    "doctor": Extra(
        "limbeck.cli.doctor:doctor_command",
        "Look at the installation and the project, and say what is not in order.",
        options=("disable", "enable", "database", "json"),
    ),
}

#: Options of the commands that run revisions.
_RUN_OPTIONS = (
    "lock",
    "lock_wait",
    "lock_timeout",
    "statement_timeout",
    "lock_retries",
    "lock_backoff",
    "resume",
    "plan",
    "allow_destructive",
)

#: Options that limbeck adds to Alembic's commands. They are not arguments of the function: it reads `config.cmd_opts`.
EXTRA_OPTIONS: dict[str, tuple[str, ...]] = {
    "branches": ("json",),
    "check": ("compared", "json"),
    "current": ("json",),
    "heads": ("heads_check", "json"),
    "history": ("history_oneline", "history_graph", "json"),
    "revision": ("renames", "ask", "compared", "verify_revision"),
    "show": ("json",),
    "stamp": ("lock", "lock_wait", "json"),
    "downgrade": (*_RUN_OPTIONS, "json"),
    "upgrade": (*_RUN_OPTIONS, "if_behind", "json"),
}

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
