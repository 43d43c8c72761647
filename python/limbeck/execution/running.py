"""The step that a context runs now, for what is called in its body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from limbeck.execution.backends import Backend
    from limbeck.execution.options import Limits
    from limbeck.execution.statements import StatementRunner
    from limbeck.runtime._notices import Notify
    from limbeck.runtime.migration import MigrationContext


@dataclass(frozen=True)
class RunningStep:
    """A step that runs with an option of safe execution.

    :ivar name: the revision, for messages.
    :ivar direction: `upgrade` or `downgrade`.
    :ivar limits: its timeouts and retries.
    :ivar notify: called with notices.
    :ivar backend: the backend of the connection.
    :ivar statements: the runner of its statements.
    """

    name: str
    direction: str
    limits: Limits
    notify: Notify
    backend: Backend
    statements: StatementRunner


def running_step(context: MigrationContext) -> RunningStep | None:
    """Return the step that a context runs now; `None` if no option of safe execution is on."""
    found: RunningStep | None = getattr(context._run_step, "running", None)
    return found
