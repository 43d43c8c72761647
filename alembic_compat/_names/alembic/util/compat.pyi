# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.util.compat import (
    importlib_metadata_get as importlib_metadata_get,
    is_posix as is_posix,
    path_relative_to as path_relative_to,
    py311 as py311,
    py312 as py312,
    py313 as py313,
    py314 as py314,
    read_config_parser as read_config_parser,
)
