"""The settings that only limbeck has: `[limbeck]` of alembic.ini, or `[tool.limbeck]` of pyproject.toml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.config import Config

#: Overrides `database_url` of the section; `--url` overrides both.
URL_VARIABLE = "LIMBECK_DATABASE_URL"
_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0", ""})
_REFERENCE = re.compile(r"\$(?:(\$)|\{([^}]*)\})")


class Settings(NamedTuple):
    """The values of the section."""

    #: The database of `status` and `wait`, before the expansion of `${VAR}`.
    database_url: str | None = None
    #: The name of the version table, used where env.py does not run.
    version_table: str | None = None
    #: The schema of the version table.
    version_table_schema: str | None = None
    #: Whether `upgrade`, `downgrade` and `stamp` take the migration lock.
    lock: bool = False
    #: Seconds that they wait for the lock.
    lock_timeout: float = 60.0

    @classmethod
    def read(cls, config: Config) -> Settings:
        """Return the settings of a project.

        :raises CommandError: an option is unknown, or a value is invalid
        """
        where, found = _read_section(config)
        unknown = sorted(set(found) - set(cls._fields))
        if unknown:
            known = ", ".join(cls._fields)
            raise CommandError(f"{where} has no option '{unknown[0]}'; there are {known}")
        values: dict[str, Any] = dict(found)
        if "lock" in values:
            values["lock"] = _parse_boolean(where, values["lock"])
        if "lock_timeout" in values:
            values["lock_timeout"] = _parse_seconds(where, values["lock_timeout"])
        for name in ("database_url", "version_table", "version_table_schema"):
            if name in values:
                values[name] = str(values[name]) or None
        return cls(**values)


def _read_section(config: Config) -> tuple[str, Mapping[str, Any]]:
    """Return the section's name for messages, and its own options."""
    section = config.get_section("limbeck")
    if section is not None:
        # Options of [DEFAULT] are in every section; they are not misspelt options of this one.
        main_section = config.get_section(config.config_ini_section) or {}
        known = Settings._fields
        own = {k: v for k, v in section.items() if k in known or k not in main_section}
        return "[limbeck]", own
    found = config._tool_table("limbeck")
    return ("[tool.limbeck]" if found else "[limbeck]"), found


def _parse_boolean(where: str, value: object) -> bool:
    text = str(value).strip().lower()
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    raise CommandError(f"'lock' in {where} is neither true nor false: '{value}'")


def _parse_seconds(where: str, value: object) -> float:
    try:
        seconds = float(str(value))
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 1e9:
        raise CommandError(f"'lock_timeout' in {where} is no number of seconds: '{value}'")
    return seconds


def expand(text: str, environ: Mapping[str, str], where: str) -> str:
    """Replace `${VAR}` by the environment variable and `$$` by a dollar sign.

    :param where: the place of the text, for the message
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
