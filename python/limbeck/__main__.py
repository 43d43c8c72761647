"""`python -m limbeck`, and the programs `limbeck` (:func:`main`) and `alembic` (:func:`alembic`)."""

from __future__ import annotations

import sys

from limbeck import _core, short_cuts
from limbeck.output import write_outstream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from limbeck.runtime._hooks import PlanFn
    from limbeck.runtime.migration import MigrationContext

#: As shells report a program that SIGPIPE has ended.
_BROKEN_PIPE = 141


def main(argv: Sequence[str] | None = None, prog: str | None = None) -> None:
    """Run the command line, on limbeck whatever else is installed as `alembic`.

    :param argv: the arguments; by default those of the process
    :param prog: the program's name in messages; by default that under which it was run
    :raises SystemExit: with the exit status, where it is not 0
    """
    try:
        if not _answered(sys.argv[1:] if argv is None else argv):
            _run(argv, prog)
        sys.stdout.flush()
    except BrokenPipeError:
        import os

        # Whoever read our output has seen enough (`alembic history | head`). What is still buffered goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(_BROKEN_PIPE)


def alembic(argv: Sequence[str] | None = None, prog: str | None = None) -> None:
    """Run the command line as `alembic`: on limbeck, or on Alembic itself where limbeck is disabled.

    :param argv: as for :func:`main`
    :param prog: as for :func:`main`
    :raises SystemExit: as :func:`main`; and where limbeck is disabled, and Alembic is not installed
    """
    from limbeck_names import disabled_by

    reason = disabled_by()
    if reason is None:
        main(argv, prog)
        return
    try:
        # Whose module that is, the import system decides; see limbeck.compat.
        run = __import__("alembic.config", fromlist=["main"]).main
    except ModuleNotFoundError as error:
        if error.name != "alembic":
            raise
        sys.exit(f"limbeck is disabled ({reason}), and Alembic itself is not installed")
    run(argv, prog)


def _answered(arguments: Sequence[str]) -> bool:
    """Print the output of a listing that the engine makes alone; what needs Python is left to :func:`_run`."""
    if not short_cuts.enabled:
        return False
    if sys.warnoptions:
        return False  # who wants to see warnings gets those about old settings too
    text = _core.answer(list(arguments))
    if text:
        write_outstream(sys.stdout, text, "\n")
    return text is not None


def _run(argv: Sequence[str] | None, prog: str | None) -> None:
    import limbeck
    from limbeck.runtime._hooks import RUN_HOOKS

    limbeck.activate()
    from limbeck.config import main as run
    from limbeck.util._collector import fewer_collections

    fewer_collections.in_the_program = True
    outside = RUN_HOOKS.set((_interruptible, *RUN_HOOKS.get()))
    try:
        run(argv, prog)
    finally:
        RUN_HOOKS.reset(outside)
        fewer_collections.in_the_program = False


def _interruptible(context: MigrationContext, plan: PlanFn) -> AbstractContextManager[None]:
    # Only the program does this; where limbeck is a library, Ctrl-C is the application's.
    from limbeck.runtime._ctrl_c import interruptible

    return interruptible(context, plan)


if __name__ == "__main__":
    main(prog="limbeck")
