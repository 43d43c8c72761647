# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.util.pyfiles import (
    _PathArg as _PathArg,
)
from limbeck.util.pyfiles import (
    coerce_resource_to_filename as coerce_resource_to_filename,
)
from limbeck.util.pyfiles import (
    load_module_py as load_module_py,
)
from limbeck.util.pyfiles import (
    load_python_file as load_python_file,
)
from limbeck.util.pyfiles import (
    pyc_file_from_path as pyc_file_from_path,
)
from limbeck.util.pyfiles import (
    template_to_file as template_to_file,
)
