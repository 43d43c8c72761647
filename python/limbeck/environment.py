"""The names of :mod:`limbeck.runtime.environment` under the path `alembic.environment`."""

from typing import TYPE_CHECKING

from limbeck.runtime.environment import EnvironmentContext, MigrationContext, Operations

__all__ = ("TYPE_CHECKING", "EnvironmentContext", "MigrationContext", "Operations")
