"""`from alembic import context`: the environment of the running command, for env.py.

Each function is the method of the same name of :class:`.EnvironmentContext`.
"""

from limbeck.runtime.environment import EnvironmentContext

EnvironmentContext.create_module_class_proxy(globals(), locals())
