"""Run hooks: context managers wrapped around a migration run, which env.py knows nothing of. The lock is one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from limbeck.runtime.migration import MigrationContext

#: Plans a run: given the revisions that are applied, the steps to take.
PlanFn: TypeAlias = Callable[[Any, "MigrationContext"], Iterable[Any]]
#: Entered before `run_migrations()` reads the database, left after its last step.
RunHook: TypeAlias = Callable[["MigrationContext", PlanFn], AbstractContextManager[None]]

#: The hooks of this run, and of no other one of the process; the first is the outermost.
RUN_HOOKS: ContextVar[tuple[RunHook, ...]] = ContextVar("limbeck_run_hooks", default=())
#: Called in front of each step, when the one before is committed; raises if the run is cancelled.
BETWEEN_STEPS: ContextVar[Callable[[], None]] = ContextVar(
    "limbeck_between_steps", default=lambda: None
)
#: Sleeps for a number of seconds; raises if the run is cancelled meanwhile.
PAUSE: ContextVar[Callable[[float], None]] = ContextVar("limbeck_pause", default=time.sleep)
