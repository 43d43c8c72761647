"""The environment, under its short name."""

from typing import TYPE_CHECKING

from limbeck._on_use import show_on_use
from limbeck.runtime.environment import EnvironmentContext, MigrationContext, Operations

__all__ = ("TYPE_CHECKING", "EnvironmentContext", "MigrationContext", "Operations")

show_on_use(globals())
