"""The names of :mod:`limbeck.runtime.migration`, under the path that most code imports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.runtime.migration import (
    EncodedIO,
    HeadMaintainer,
    MigrationContext,
    MigrationInfo,
    MigrationStep,
    RevisionStep,
    StampStep,
)

__all__ = [
    "TYPE_CHECKING",
    "EncodedIO",
    "HeadMaintainer",
    "MigrationContext",
    "MigrationInfo",
    "MigrationStep",
    "RevisionStep",
    "StampStep",
]
