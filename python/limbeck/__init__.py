"""limbeck: Alembic with its engine in Rust.

Packages from top to bottom; each imports only those below it:

    cli, testing, aio, functions    the command line; a pytest plugin; the commands as coroutines and as functions
    command                         Alembic's commands
    squashing                       many revisions replaced by one that makes the same
    rebasing                        revisions moved onto others; the guard of one line of history
    saved_plan, verify, drift       plans that are saved and run; revisions and databases compared with scratch ones
    lint                            what revisions will do to a database in use
    lock, state                     the migration lock; the status of a database
    script, autogenerate, runtime   revision files; comparison of models with a database; env.py and the loop over steps
    operations, ddl                 `op` and batch mode; the dialects
    config, settings, util          configuration; helpers
    _core                           the engine, in Rust (see src/lib.rs)

`compat` makes `alembic.X` the module `limbeck.X`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from limbeck.backfills.backfill import backfill as backfill
    from limbeck.functions import CheckResult as CheckResult
    from limbeck.functions import RunResult as RunResult
    from limbeck.functions import Step as Step
    from limbeck.functions import check as check
    from limbeck.functions import current as current
    from limbeck.functions import downgrade as downgrade
    from limbeck.functions import plan as plan
    from limbeck.functions import rebase as rebase
    from limbeck.functions import squash as squash
    from limbeck.functions import stamp as stamp
    from limbeck.functions import upgrade as upgrade
    from limbeck.lock.lock import LockTimeout as LockTimeout
    from limbeck.rebasing.rebase import Rebase as Rebase
    from limbeck.saved_plan.types import Plan as Plan
    from limbeck.squashing.squash import Squash as Squash
    from limbeck.state.errors import DatabaseError as DatabaseError
    from limbeck.state.errors import DatabaseUnreachable as DatabaseUnreachable
    from limbeck.state.errors import VersionTableUnreadable as VersionTableUnreadable
    from limbeck.state.status import status as status
    from limbeck.state.types import Status as Status
    from limbeck.state.wait import WaitTimeout as WaitTimeout
    from limbeck.state.wait import wait as wait

__version__ = "0.1.0"


def activate() -> None:
    """Make `import alembic` find limbeck in this process from now on, even if Alembic itself is installed.

    Needed if limbeck is disabled, or if Python does not read its `.pth` file and Alembic itself is on the path. Call this
    before anything imports `alembic`. Repeated calls have no effect.

    :raises limbeck.compat.AlembicImportedError: Alembic itself is imported already (a `RuntimeError`)
    """
    from limbeck.compat import activate

    activate()


#: The public names of `limbeck`, with the modules that define them. They are imported on first use.
_LAZY = {
    "status": "limbeck.state.status",
    "wait": "limbeck.state.wait",
    "WaitTimeout": "limbeck.state.wait",
    "Status": "limbeck.state.types",
    "upgrade": "limbeck.functions",
    "downgrade": "limbeck.functions",
    "plan": "limbeck.functions",
    "Plan": "limbeck.saved_plan.types",
    "rebase": "limbeck.functions",
    "Rebase": "limbeck.rebasing.rebase",
    "squash": "limbeck.functions",
    "Squash": "limbeck.squashing.squash",
    "stamp": "limbeck.functions",
    "current": "limbeck.functions",
    "check": "limbeck.functions",
    "RunResult": "limbeck.functions",
    "CheckResult": "limbeck.functions",
    "Step": "limbeck.functions",
    "backfill": "limbeck.backfills.backfill",
    "LockTimeout": "limbeck.lock.lock",
    "DatabaseError": "limbeck.state.errors",
    "DatabaseUnreachable": "limbeck.state.errors",
    "VersionTableUnreadable": "limbeck.state.errors",
}


def __getattr__(name: str) -> Any:
    """Import one of the names of `_LAZY`."""
    import importlib

    if name not in _LAZY:
        raise AttributeError(f"module 'limbeck' has no attribute {name!r}")
    return getattr(importlib.import_module(_LAZY[name]), name)
