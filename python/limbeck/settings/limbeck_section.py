"""The settings that only limbeck has: `[limbeck]` of alembic.ini, or `[tool.limbeck]` of pyproject.toml."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.config import Config

#: Overrides `database_url` of the section; `--url` overrides both.
URL_VARIABLE = "LIMBECK_DATABASE_URL"
#: How autogenerate compares what the server may write otherwise than the model.
COMPARE = ("text", "roundtrip")
_TRUE = frozenset({"true", "yes", "on", "1"})
#: The words for a setting that is off.
FALSE = frozenset({"false", "no", "off", "0", ""})
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]*)?|\.[0-9]+)\s*(ms|s|min|h)?")
_UNITS = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0}
_REFERENCE = re.compile(r"\$(?:(\$)|\{([^}]*)\})")


class Settings(NamedTuple):
    """The options of the section, with their defaults."""

    #: The URL of the database for `status`, `wait` and `--if-behind`, before `${VAR}` is expanded.
    database_url: str | None = None
    #: The name of the version table, used where env.py does not run.
    version_table: str | None = None
    #: The schema of the version table.
    version_table_schema: str | None = None
    #: Whether `upgrade` does not run env.py if the database is at the target.
    if_behind: bool = False
    #: Whether `upgrade`, `downgrade` and `stamp` take the migration lock.
    lock: bool = False
    #: Seconds that they wait for the migration lock.
    lock_wait: float = 60.0
    #: Seconds that a statement of a migration waits for a lock of the database; `None` for the server's setting.
    lock_timeout: float | None = None
    #: Seconds that a statement of a migration may run; `None` for the server's setting.
    statement_timeout: float | None = None
    #: How often a revision is tried again after a lock timeout, a deadlock or a serialization failure.
    lock_retries: int = 0
    #: Seconds before the second attempt; doubled for each further one.
    lock_backoff: float = 1.0
    #: Whether a revision on SQLite is one transaction, DDL included.
    sqlite_transactional_ddl: bool = False
    #: Whether runs are recorded in the table `limbeck_journal`.
    journal: bool = False
    #: What happens if the file of an applied revision has changed: `off`, `warn` or `error`.
    checksum: str = "warn"
    #: What happens before a run that destroys rows or values: `allow`, `ask` or `refuse`.
    destructive: str = "allow"
    #: The URL of an empty database that is used instead of a scratch database, before `${VAR}` is expanded.
    scratch_url: str | None = None
    #: The file that has the snapshot of the database after each `upgrade` and `downgrade` of the command line.
    schema_file: str | None = None
    #: The plugins of autogenerate that are limbeck's own.
    autogenerate: tuple[str, ...] = ()
    #: Whether autogenerate compares only tables that the models have or a revision has made.
    owned_only: bool = False
    #: The folder with the `.sql` files of the plugin `objects`, relative to the file of the settings.
    sql_objects: str | None = None
    #: How autogenerate compares what the server may write otherwise than the model: `text` or `roundtrip`.
    compare: str = "text"
    #: Whether the history of each branch is one line, which a head file guards.
    linear: bool = False
    #: The rules that `lint` checks; empty for those that are on by default.
    lint_select: tuple[str, ...] = ()
    #: The rules that `lint` leaves out.
    lint_ignore: tuple[str, ...] = ()
    #: The rules that `lint` leaves out in some files, by a pattern of the path or the name.
    lint_per_file_ignores: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    #: `lint` checks only revisions after this one.
    lint_start_after: str | None = None
    #: Whether `lint` reports comments that suppress a finding without a reason.
    lint_require_reason: bool = False
    #: The findings that make `lint` fail: `warning` or `error`.
    lint_fail_on: str = "warning"
    #: The server's version that `lint` assumes.
    lint_server_version: str | None = None

    @classmethod
    def read(cls, config: Config) -> Settings:
        """Return the settings of a project.

        :raises CommandError: an option is unknown, or a value is invalid
        """
        section_name, options = read_section(config)
        unknown = sorted(set(options) - set(cls._fields))
        if unknown:
            from difflib import get_close_matches

            similar = get_close_matches(unknown[0], cls._fields, n=1)
            known = (
                f"did you mean `{similar[0]}`?"
                if similar
                else f"there are {', '.join(cls._fields)}"
            )
            raise CommandError(f"{section_name} has no option '{unknown[0]}'\n\nhint: {known}")
        values = {name: PARSERS[name](section_name, name, value) for name, value in options.items()}
        return cls(**values)


def read_section(config: Config) -> tuple[str, Mapping[str, Any]]:
    """Return the section's name for messages, and its options without those of `[DEFAULT]`."""
    section = config.get_section("limbeck")
    if section is not None:
        # Options of [DEFAULT] are in every section. Here they are dropped, not reported as unknown.
        main_section = config.get_section(config.config_ini_section) or {}
        known = Settings._fields
        options = {k: v for k, v in section.items() if k in known or k not in main_section}
        return "[limbeck]", options
    table = config._tool_table("limbeck")
    return ("[tool.limbeck]" if table else "[limbeck]"), table


def file_of_settings(config: Config) -> str | None:
    """Return the path of the file that has the section; paths of settings are relative to its folder."""
    is_toml = read_section(config)[0] == "[tool.limbeck]"
    return config.toml_file_name if is_toml else config.config_file_name


def _parse_text(where: str, name: str, value: object) -> str | None:
    return str(value) or None


def _parse_boolean(where: str, name: str, value: object) -> bool:
    text = str(value).strip().lower()
    if text in _TRUE or text in FALSE:
        return text in _TRUE
    raise CommandError(f"'{name}' in {where} is neither true nor false: '{value}'")


def parse_seconds(where: str, name: str, value: object) -> float:
    """Return a duration in seconds.

    :param where: the place of the value, for the message
    :param name: its name, for the message
    :param value: a number of seconds, or a text with a unit: `500ms`, `2s`, `5min`, `1h`
    :raises CommandError: the value is not a duration
    """
    match = _DURATION.fullmatch(str(value).strip())
    if match is None or isinstance(value, bool):
        raise CommandError(f"'{name}' in {where} is no number of seconds: '{value}'")
    return float(match[1]) * _UNITS[match[2] or "s"]


def parse_count(where: str, name: str, value: object) -> int:
    """Return a whole number that is not negative; parameters and errors as `parse_seconds()`."""
    text = str(value).strip()
    if not re.fullmatch("[0-9]{1,9}", text):
        raise CommandError(f"'{name}' in {where} is no whole number: '{value}'")
    return int(text)


def _one_of(*choices: str) -> Callable[[str, str, object], str]:
    """Return a parser of a setting that has one of a few values."""
    listed = f"{', '.join(choices[:-1])} or {choices[-1]}"

    def parse(where: str, name: str, value: object) -> str:
        text = str(value).strip().lower()
        if text not in choices:
            raise CommandError(f"'{name}' in {where} is not {listed}: '{value}'")
        return text

    return parse


def _parse_names(where: str, name: str, value: object) -> tuple[str, ...]:
    """Return names that a text separates by commas, spaces or lines, or a list of TOML."""
    items = value if isinstance(value, list) else re.split(r"[,\s]+", str(value))
    return tuple(str(item).strip() for item in items if str(item).strip())


def _parse_ignores(where: str, name: str, value: object) -> Mapping[str, tuple[str, ...]]:
    """Return the rules for each pattern: a table of TOML, or lines with `pattern: rule, rule`."""
    if isinstance(value, Mapping):
        return {str(key): _parse_names(where, name, rules) for key, rules in value.items()}
    found = {}
    for line in filter(None, map(str.strip, str(value).splitlines())):
        pattern, colon, rules = line.rpartition(":")
        if not colon:
            raise CommandError(f"'{name}' in {where} is no line of `pattern: rules`: '{line}'")
        found[pattern.strip()] = _parse_names(where, name, rules)
    return found


#: The parsers of the values, by option: called with the place and the name, for messages, and the value.
PARSERS: dict[str, Callable[[str, str, object], Any]] = {
    "database_url": _parse_text,
    "version_table": _parse_text,
    "version_table_schema": _parse_text,
    "if_behind": _parse_boolean,
    "lock": _parse_boolean,
    "lock_wait": parse_seconds,
    "lock_timeout": parse_seconds,
    "statement_timeout": parse_seconds,
    "lock_retries": parse_count,
    "lock_backoff": parse_seconds,
    "sqlite_transactional_ddl": _parse_boolean,
    "journal": _parse_boolean,
    "checksum": _one_of("off", "warn", "error"),
    "destructive": _one_of("allow", "ask", "refuse"),
    "scratch_url": _parse_text,
    "schema_file": _parse_text,
    "autogenerate": _parse_names,
    "owned_only": _parse_boolean,
    "sql_objects": _parse_text,
    "compare": _one_of(*COMPARE),
    "linear": _parse_boolean,
    "lint_select": _parse_names,
    "lint_ignore": _parse_names,
    "lint_per_file_ignores": _parse_ignores,
    "lint_start_after": _parse_text,
    "lint_require_reason": _parse_boolean,
    "lint_fail_on": _one_of("warning", "error"),
    "lint_server_version": _parse_text,
}


def expand(text: str, environ: Mapping[str, str], where: str) -> str:
    """Replace `${VAR}` by the environment variable and `$$` by a dollar sign.

    :param where: the setting that contains the text, for the message
    :raises CommandError: a variable is not set
    """

    def value(match: re.Match[str]) -> str:
        dollar, name = match.groups()
        if dollar:
            return "$"
        if name not in environ:
            raise CommandError(f"{where} needs the environment variable {name}, which is not set")
        return environ[name]

    return _REFERENCE.sub(value, text)
