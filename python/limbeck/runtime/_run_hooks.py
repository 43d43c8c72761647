"""Run hooks: context managers wrapped around a migration run, independent of env.py. The lock is one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from limbeck.runtime.migration import MigrationContext

#: Plans a run: returns the steps for the current revisions.
PlanFn: TypeAlias = Callable[[Any, "MigrationContext"], Iterable[Any]]
#: Entered before `run_migrations()` reads the database, exited after its last step.
RunHook: TypeAlias = Callable[["MigrationContext", PlanFn], AbstractContextManager[None]]

#: The hooks of this execution context; the first is the outermost.
RUN_HOOKS: ContextVar[tuple[RunHook, ...]] = ContextVar("limbeck_run_hooks", default=())
#: Called before each step, after the commit of the previous one; raises if the run is cancelled.
BETWEEN_STEPS: ContextVar[Callable[[], None]] = ContextVar(
    "limbeck_between_steps", default=lambda: None
)
#: Sleeps for a number of seconds; raises if the run is cancelled.
PAUSE: ContextVar[Callable[[float], None]] = ContextVar("limbeck_pause", default=time.sleep)
