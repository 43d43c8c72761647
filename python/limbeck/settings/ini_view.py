"""A `ConfigParser` filled from the ini file that the engine has read."""

from configparser import BasicInterpolation, ConfigParser
from typing import Any

from limbeck import _core


class _Interpolation(BasicInterpolation):
    """Does not check values while the parser is filled: a file may contain values that `set` refuses."""

    filling = True

    def before_set(self, parser: Any, section: str, option: str, value: str) -> str:
        return value if self.filling else super().before_set(parser, section, option, value)


def config_parser(ini: _core.Ini) -> ConfigParser:
    """Return a parser with the sections of an ini file, as if it had read the file."""
    interpolation = _Interpolation()
    parser = ConfigParser(ini.defaults(), interpolation=interpolation)
    parser.read_dict(ini.sections())
    interpolation.filling = False
    return parser
