"""limbeck: Alembic's engine in Rust, behind Alembic's own names."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from limbeck.database.errors import DatabaseError as DatabaseError
    from limbeck.database.errors import DatabaseUnreachable as DatabaseUnreachable
    from limbeck.database.errors import VersionTableUnreadable as VersionTableUnreadable
    from limbeck.database.lock import LockTimeout as LockTimeout
    from limbeck.database.run import CheckResult as CheckResult
    from limbeck.database.run import RunResult as RunResult
    from limbeck.database.run import Step as Step
    from limbeck.database.run import check as check
    from limbeck.database.run import current as current
    from limbeck.database.run import downgrade as downgrade
    from limbeck.database.run import stamp as stamp
    from limbeck.database.run import upgrade as upgrade
    from limbeck.database.state import Status as Status
    from limbeck.database.status import WaitTimeout as WaitTimeout
    from limbeck.database.status import status as status
    from limbeck.database.status import wait as wait

__version__ = "0.1.0"


def activate() -> None:
    """Make `import alembic` find limbeck from here on, in this process, whatever is installed under that name.

    Needed where no `.pth` file is read and Alembic itself is on the path as well, and where limbeck is disabled. Call it
    before anything imports `alembic`; calling it again does no harm.

    Raises `limbeck.compat.AlembicImportedError` (a `RuntimeError`) where Alembic itself is imported already.
    """
    from limbeck.compat import activate

    activate()


#: What `limbeck` itself offers to applications, and where it is; imported on first use.
_OFFERED = {
    "status": "limbeck.database.status",
    "wait": "limbeck.database.status",
    "WaitTimeout": "limbeck.database.status",
    "Status": "limbeck.database.state",
    "upgrade": "limbeck.database.run",
    "downgrade": "limbeck.database.run",
    "stamp": "limbeck.database.run",
    "current": "limbeck.database.run",
    "check": "limbeck.database.run",
    "RunResult": "limbeck.database.run",
    "CheckResult": "limbeck.database.run",
    "Step": "limbeck.database.run",
    "LockTimeout": "limbeck.database.lock",
    "DatabaseError": "limbeck.database.errors",
    "DatabaseUnreachable": "limbeck.database.errors",
    "VersionTableUnreadable": "limbeck.database.errors",
}


def __getattr__(name: str) -> Any:
    """Import one of the names of `_OFFERED`."""
    import importlib

    if name not in _OFFERED:
        raise AttributeError(f"module 'limbeck' has no attribute {name!r}")
    return getattr(importlib.import_module(_OFFERED[name]), name)
