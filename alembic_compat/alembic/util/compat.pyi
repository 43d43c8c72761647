# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.util.compat import (
    importlib_metadata_get as importlib_metadata_get,
)
from limbeck.util.compat import (
    is_posix as is_posix,
)
from limbeck.util.compat import (
    path_relative_to as path_relative_to,
)
from limbeck.util.compat import (
    py311 as py311,
)
from limbeck.util.compat import (
    py312 as py312,
)
from limbeck.util.compat import (
    py313 as py313,
)
from limbeck.util.compat import (
    py314 as py314,
)
from limbeck.util.compat import (
    read_config_parser as read_config_parser,
)
