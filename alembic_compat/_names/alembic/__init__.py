"""The names of Alembic, for tools that look at files. At run time `alembic.X` is the module `limbeck.X`."""

from limbeck.compat import answer

answer(__name__)
