"""The commands and options of the command line, as data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from argparse import Action


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
