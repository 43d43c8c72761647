"""Options of the ini file that contain several paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck import _core

if TYPE_CHECKING:
    from limbeck.config import Config

#: The legacy separators besides spaces, with their names in the warning.
_LEGACY = {
    "version_locations": (",", "spaces/commas"),
    "prepend_sys_path": (",:", "spaces, commas, and colons"),
}


def split_paths(
    config: Config, option: str, *, legacy_setting: str | None = None
) -> list[str] | None:
    """Return the paths of an option.

    :param config: the configuration
    :param option: the option
    :param legacy_setting: an older option with the separator, used without `path_separator`
    :raises ValueError: if the separator is unknown
    """
    text = config.get_main_option(option)
    if not text:
        return None
    separator = _separator(config, legacy_setting)
    if separator is None:
        marks, words = _LEGACY[option]
        _deprecated(
            "No path_separator found in configuration; "
            f"falling back to legacy splitting on {words} for {option}.  "
            "Consider adding path_separator=os to Alembic config.",
            calls=1,
        )
        for mark in marks:
            text = text.replace(mark, " ")
        separator = " "
    return [part.strip() for part in text.split(separator) if part.strip()]


def _separator(config: Config, legacy_setting: str | None) -> str | None:
    for setting in ("path_separator", legacy_setting):
        name = setting and config.get_main_option(setting)
        if setting is None or name is None:
            continue
        separators = dict(_core.path_separators())
        if name not in separators:
            known = ", ".join(map(repr, separators))
            raise ValueError(f"{name!r} is not a valid value for {setting}; expected {known}")
        if setting == legacy_setting:
            _deprecated(
                f"The {setting} configuration parameter is deprecated; please use path_separator",
                calls=2,
            )
        return separators[name]
    return None


def _deprecated(text: str, *, calls: int) -> None:
    """Emit a deprecation warning for the caller of the `Config` method, which is `calls` frames away."""
    from limbeck.util.messaging import warn_deprecated

    warn_deprecated(text, stacklevel=calls + 3)
