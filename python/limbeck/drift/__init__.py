"""Finds differences between a database and what its revisions make."""

from limbeck.drift.drift import Drift, drift
from limbeck.drift.schema_file import keep_schema_file
from limbeck.drift.states import live_snapshot, revisions_snapshot

__all__ = ["Drift", "drift", "keep_schema_file", "live_snapshot", "revisions_snapshot"]
