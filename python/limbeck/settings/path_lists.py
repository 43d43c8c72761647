"""Options of the ini file that contain several paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck import _core

if TYPE_CHECKING:
    from limbeck.config import Config

#: The separators without `path_separator`: those besides spaces, and the description of all in the warning.
_LEGACY = {
    "version_locations": (",", "spaces/commas"),
    "prepend_sys_path": (",:", "spaces, commas, and colons"),
}


def split_paths(
    config: Config, option: str, *, legacy_setting: str | None = None
) -> list[str] | None:
    """Return the paths of an option; `None` if it is missing or empty.

    :param config: the configuration
    :param option: the name of the option
    :param legacy_setting: the older setting of the separator, used if there is no `path_separator`
    :raises ValueError: if the separator is unknown
    """
    text = config.get_main_option(option)
    if not text:
        return None
    separator = _read_separator(config, legacy_setting)
    if separator is None:
        legacy_separators, description = _LEGACY[option]
        _warn_deprecated(
            "No path_separator found in configuration; "
            f"falling back to legacy splitting on {description} for {option}.  "
            "Consider adding path_separator=os to Alembic config.",
            calls=1,
        )
        for legacy_separator in legacy_separators:
            text = text.replace(legacy_separator, " ")
        separator = " "
    return [part.strip() for part in text.split(separator) if part.strip()]


def _read_separator(config: Config, legacy_setting: str | None) -> str | None:
    """Return the configured separator; `None` if none is configured.

    :raises ValueError: if the separator is unknown
    """
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
    """Issue a deprecation warning that points to the caller of the method of `Config`.

    :param calls: the number of functions on the stack between that method and this function
    """
    from limbeck.util.messaging import warn_deprecated

    warn_deprecated(text, stacklevel=calls + 3)
