"""limbeck's own settings: `[limbeck]` in alembic.ini, `[tool.limbeck]` in pyproject.toml."""

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
    """The values of the section.

    :ivar database_url: the database of `status` and `wait`, with `${VAR}` not yet expanded.
    :ivar version_table: the version table, if env.py configures one.
    :ivar version_table_schema: its schema.
    :ivar lock: whether `upgrade`, `downgrade` and `stamp` take the migration lock.
    :ivar lock_timeout: the longest wait for it, in seconds.
    """

    database_url: str | None = None
    version_table: str | None = None
    version_table_schema: str | None = None
    lock: bool = False
    lock_timeout: float = 60.0

    @classmethod
    def read(cls, config: Config) -> Settings:
        """Read the settings of a project.

        :raises CommandError: for an unknown option or an invalid value.
        """
        where, found = _section(config)
        unknown = sorted(set(found) - set(cls._fields))
        if unknown:
            known = ", ".join(cls._fields)
            raise CommandError(f"{where} has no option '{unknown[0]}'; there are {known}")
        values: dict[str, Any] = dict(found)
        if "lock" in values:
            values["lock"] = _truth(where, values["lock"])
        if "lock_timeout" in values:
            values["lock_timeout"] = _seconds(where, values["lock_timeout"])
        for name in ("database_url", "version_table", "version_table_schema"):
            if name in values:
                values[name] = str(values[name]) or None
        return cls(**values)


def _section(config: Config) -> tuple[str, Mapping[str, Any]]:
    """Return the section's name for messages, and its options."""
    section = config.get_section("limbeck")
    if section is not None:
        # Without the options that [DEFAULT] adds to every section.
        everywhere = config.get_section(config.config_ini_section) or {}
        known = Settings._fields
        own = {k: v for k, v in section.items() if k in known or k not in everywhere}
        return "[limbeck]", own
    found = config._tool_table("limbeck")
    return ("[tool.limbeck]" if found else "[limbeck]"), found


def _truth(where: str, value: object) -> bool:
    text = str(value).strip().lower()
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    raise CommandError(f"'lock' in {where} is neither true nor false: '{value}'")


def _seconds(where: str, value: object) -> float:
    try:
        seconds = float(str(value))
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 1e9:
        raise CommandError(f"'lock_timeout' in {where} is no number of seconds: '{value}'")
    return seconds


def expand(text: str, environ: Mapping[str, str], where: str) -> str:
    """Replace `${VAR}` by the environment variable, and `$$` by a dollar sign.

    :raises CommandError: if a variable is not set.
    """

    def value(match: re.Match[str]) -> str:
        dollar, name = match.groups()
        if dollar:
            return "$"
        if name not in environ:
            raise CommandError(f"{where} needs the environment variable {name}, which is not set")
        return environ[name]

    return _REFERENCE.sub(value, text)
