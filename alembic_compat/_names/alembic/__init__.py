"""The names of Alembic, for tools that look at files. At run time `alembic.X` is the module `limbeck.X`."""

from limbeck.compat.naming import replace_module_by_package

replace_module_by_package()
