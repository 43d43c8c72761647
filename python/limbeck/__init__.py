"""limbeck: Alembic's engine in Rust, behind Alembic's own names.

The packages, from the top down; none imports one above it (docs/architecture.md has the picture):

    cli                     the command line
    aio, functions          the commands as coroutines, and as functions
    command                 Alembic's commands
    lock, state             the migration lock; the status of a database
    script                  revision files
    autogenerate            the comparison of models with a database
    runtime                 env.py and the loop over the steps
    operations              `op` and batch mode
    ddl                     the dialects
    config, settings, util  configuration; helpers
    _core                   the engine, in Rust (see src/lib.rs)

`compat` makes `alembic.X` the module `limbeck.X`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from limbeck.functions import CheckResult as CheckResult
    from limbeck.functions import RunResult as RunResult
    from limbeck.functions import Step as Step
    from limbeck.functions import check as check
    from limbeck.functions import current as current
    from limbeck.functions import downgrade as downgrade
    from limbeck.functions import stamp as stamp
    from limbeck.functions import upgrade as upgrade
    from limbeck.lock.lock import LockTimeout as LockTimeout
    from limbeck.state.errors import DatabaseError as DatabaseError
    from limbeck.state.errors import DatabaseUnreachable as DatabaseUnreachable
    from limbeck.state.errors import VersionTableUnreadable as VersionTableUnreadable
    from limbeck.state.state import Status as Status
    from limbeck.state.status import WaitTimeout as WaitTimeout
    from limbeck.state.status import status as status
    from limbeck.state.status import wait as wait

__version__ = "0.1.0"


def activate() -> None:
    """Make `import alembic` find limbeck from now on, in this process, even if Alembic is installed.

    Needed if Python reads no `.pth` file and Alembic is on the path, and if limbeck is disabled. Call it before anything
    imports `alembic`. Idempotent.

    :raises AlembicImportedError: (a `RuntimeError`) if Alembic itself is imported already.
    """
    from limbeck.compat import activate

    activate()


#: The public functions of `limbeck`, with their modules; imported on first use.
_OFFERED = {
    "status": "limbeck.state.status",
    "wait": "limbeck.state.status",
    "WaitTimeout": "limbeck.state.status",
    "Status": "limbeck.state.state",
    "upgrade": "limbeck.functions",
    "downgrade": "limbeck.functions",
    "stamp": "limbeck.functions",
    "current": "limbeck.functions",
    "check": "limbeck.functions",
    "RunResult": "limbeck.functions",
    "CheckResult": "limbeck.functions",
    "Step": "limbeck.functions",
    "LockTimeout": "limbeck.lock.lock",
    "DatabaseError": "limbeck.state.errors",
    "DatabaseUnreachable": "limbeck.state.errors",
    "VersionTableUnreadable": "limbeck.state.errors",
}


def __getattr__(name: str) -> Any:
    """Import one of the names of `_OFFERED`."""
    import importlib

    if name not in _OFFERED:
        raise AttributeError(f"module 'limbeck' has no attribute {name!r}")
    return getattr(importlib.import_module(_OFFERED[name]), name)
