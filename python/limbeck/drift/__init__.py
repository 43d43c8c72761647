"""Finds differences between a database and what its revisions make."""

from limbeck.drift.drift import Drift, drift, live_snapshot, revisions_snapshot

__all__ = ["Drift", "drift", "live_snapshot", "revisions_snapshot"]
