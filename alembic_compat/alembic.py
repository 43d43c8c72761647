"""`alembic`, where Python reads no `.pth` file: in a folder that `pip install --target` filled, or put on the path by hand.

Elsewhere `limbeck_names.pth` makes limbeck answer before this file is looked for.
"""

from limbeck.compat import answer

answer(__name__)
