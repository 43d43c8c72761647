"""The module `alembic` where Python reads no `.pth` file: in a folder of `pip install --target`, or in a checkout.

Elsewhere the finder that `limbeck_names.pth` installs comes first, and this file is not used.
"""

if __name__ == "__main__":  # `python -m alembic`: a module cannot have a `__main__` below it
    from limbeck.__main__ import alembic

    alembic(prog="alembic")
else:
    from limbeck.compat.naming import replace_module_by_package

    replace_module_by_package()
