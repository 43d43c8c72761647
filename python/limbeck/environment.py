"""The environment, under its short name."""

from typing import TYPE_CHECKING

from limbeck.runtime.environment import EnvironmentContext, MigrationContext, Operations

__all__ = ("TYPE_CHECKING", "EnvironmentContext", "MigrationContext", "Operations")
