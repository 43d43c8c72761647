"""The names of Alembic, as limbeck answers for them.

`alembic.X` is the module `limbeck.X`; nothing is implemented here.
"""

from limbeck import _alias
from limbeck._facade import __all__ as __all__
from limbeck._facade import __getattr__ as __getattr__
from limbeck._facade import __version__ as __version__

_alias.install()
