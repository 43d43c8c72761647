"""Whether a database is what its revisions have made."""

from limbeck.drift.drift import Drift, drift, live_snapshot, revisions_snapshot

__all__ = ["Drift", "drift", "live_snapshot", "revisions_snapshot"]
