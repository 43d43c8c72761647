"""The environment, under its short name."""

from limbeck.runtime.environment import EnvironmentContext, MigrationContext, Operations

__all__ = ("EnvironmentContext", "MigrationContext", "Operations")
