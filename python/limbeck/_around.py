"""What stands around the migrations of one run: things that env.py knows nothing of, such as a lock."""

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
Around: TypeAlias = Callable[["MigrationContext", PlanFn], AbstractContextManager[None]]

#: What this run, and no other one of the process, is surrounded with; the first is the outermost.
AROUND: ContextVar[tuple[Around, ...]] = ContextVar("limbeck_around", default=())
#: Called in front of each step, when the one before is committed; raises if the run is cancelled.
BETWEEN: ContextVar[Callable[[], None]] = ContextVar("limbeck_between", default=lambda: None)
#: Sleeps for a number of seconds; raises if the run is cancelled meanwhile.
PAUSE: ContextVar[Callable[[float], None]] = ContextVar("limbeck_pause", default=time.sleep)
