"""Options of the ini file that contain several paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck import _core

if TYPE_CHECKING:
    from limbeck.config import Config

#: Without `path_separator`: the separators besides spaces, and their description in the warning.
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
    :param legacy_setting: the older option for the separator, used if there is no `path_separator`
    :raises ValueError: if the separator is unknown
    """
    text = config.get_main_option(option)
    if not text:
        return None
    separator = _read_separator(config, legacy_setting)
    if separator is None:
        marks, words = _LEGACY[option]
        _warn_deprecated(
            "No path_separator found in configuration; "
            f"falling back to legacy splitting on {words} for {option}.  "
            "Consider adding path_separator=os to Alembic config.",
            calls=1,
        )
        for mark in marks:
            text = text.replace(mark, " ")
        separator = " "
    return [part.strip() for part in text.split(separator) if part.strip()]


def _read_separator(config: Config, legacy_setting: str | None) -> str | None:
    for setting in ("path_separator", legacy_setting):
        name = setting and config.get_main_option(setting)
        if setting is None or name is None:
            continue
        separators = dict(_core.path_separators())
        if name not in separators:
            known = ", ".join(map(repr, separators))
            raise ValueError(f"{name!r} is not a valid value for {setting}; expected {known}")
        if setting == legacy_setting:
            _warn_deprecated(
                f"The {setting} configuration parameter is deprecated; please use path_separator",
                calls=2,
            )
        return separators[name]
    return None


def _warn_deprecated(text: str, *, calls: int) -> None:
    """Issue a warning with the line that called the method of `Config`.

    :param calls: the number of calls between that method and this function
    """
    from limbeck.util.messaging import warn_deprecated

    warn_deprecated(text, stacklevel=calls + 3)
