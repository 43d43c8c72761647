"""Migrated databases for tests: each test gets a copy of a database that was migrated once.

With pytest, :mod:`limbeck.testing.plugin` has the fixtures. Other test runners use :class:`MigratedDatabases`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

    from limbeck.testing.databases import MigratedDatabase, MigratedDatabases

__all__ = ["MigratedDatabase", "MigratedDatabases", "at_revision"]


def at_revision(revision: str) -> pytest.MarkDecorator:
    """Mark a test, whose database is migrated to a revision instead of the head.

    :param revision: an identifier as `alembic upgrade` takes it, or `base` for an empty database.
    :return: a decorator; also for a class, or `pytestmark` of a module.
    """
    import pytest

    return pytest.mark.at_revision(revision)


def __getattr__(name: str) -> Any:
    # Late, because pytest imports this package at its start, for the plugin.
    if name in ("MigratedDatabase", "MigratedDatabases"):
        from limbeck.testing import databases

        return getattr(databases, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
