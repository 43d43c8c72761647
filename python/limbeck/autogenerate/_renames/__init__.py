"""Renames of tables and columns: said by the command line or by the models, or asked on a terminal.

A comparator, the plugin `limbeck.renames`, runs before those of Alembic. It adds the operations that rename, and lets the
others read a database in which they are made: these then find what else differs, under the new names.
"""
