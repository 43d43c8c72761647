"""Whether a database is what its revisions have made."""

from limbeck.drift.drift import Drift, drift, head_snapshot, live_snapshot

__all__ = ["Drift", "drift", "head_snapshot", "live_snapshot"]
