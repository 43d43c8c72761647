"""`python -m limbeck`, and the programs `alembic` and `limbeck`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import limbeck
from limbeck.runtime.around import AROUND, PlanFn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from limbeck.runtime.migration import MigrationContext

#: As shells report a program that SIGPIPE has ended.
_BROKEN_PIPE = 141


def main(argv: Sequence[str] | None = None, prog: str | None = None) -> None:
    """Run the command line, on limbeck whatever else is installed as `alembic`.

    :param argv: the arguments; by default those of the process
    :param prog: the program's name in messages; by default that under which it was run
    :raises SystemExit: with the exit status, where it is not 0
    """
    limbeck.activate()
    from limbeck.config import main as run

    outside = AROUND.set((_interruptible, *AROUND.get()))
    try:
        run(argv, prog)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has seen enough (`alembic history | head`). What is still buffered goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(_BROKEN_PIPE)
    finally:
        AROUND.reset(outside)


def _interruptible(context: MigrationContext, plan: PlanFn) -> AbstractContextManager[None]:
    # Only the program does this; where limbeck is a library, Ctrl-C is the application's.
    from limbeck.database.ctrl_c import interruptible

    return interruptible(context, plan)


if __name__ == "__main__":
    main(prog="limbeck")
