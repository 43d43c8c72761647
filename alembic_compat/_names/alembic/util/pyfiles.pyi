# Written by tools/alembic_stubs.py from the module it re-exports; edit that one.
from limbeck.util.pyfiles import (
    _PathArg as _PathArg,
    absolute_path as absolute_path,
    coerce_resource_to_filename as coerce_resource_to_filename,
    load_module_py as load_module_py,
    load_python_file as load_python_file,
    plain_path as plain_path,
    pyc_file_from_path as pyc_file_from_path,
    render_template as render_template,
    resource_name as resource_name,
    template_to_file as template_to_file,
)
