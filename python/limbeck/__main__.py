"""`python -m limbeck`, and the programs `limbeck` (:func:`main`) and `alembic` (:func:`alembic`)."""

from __future__ import annotations

import os
import sys

from limbeck import _core, short_cuts
from limbeck.output import write_outstream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from typing import Any

    from limbeck.runtime._run_hooks import PlanFn
    from limbeck.runtime.migration import MigrationContext

#: The exit status that shells report for a program ended by SIGPIPE.
_BROKEN_PIPE = 141


def main(argv: Sequence[str] | None = None, prog: str | None = None) -> None:
    """Run limbeck's command line, even if Alembic itself is installed.

    :param argv: the arguments; by default those of the process
    :param prog: the program's name in messages; by default the name of the running program
    :raises SystemExit: with the exit status, unless it is 0
    """
    try:
        if not _run_in_engine(sys.argv[1:] if argv is None else argv):
            _run(argv, prog)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader closed the pipe (`alembic history | head`). The buffered rest is discarded.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(_BROKEN_PIPE)
    except KeyboardInterrupt as error:
        if not _shows_project_only(argv):
            raise
        import signal

        from limbeck.util._tracebacks import print_interrupt

        print_interrupt(error, sys.stderr)
        # As Python ends after Ctrl-C: a shell ends its loop only if the signal has ended the program.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except Exception as error:
        if not _shows_project_only(argv):
            raise
        import shlex

        from limbeck.util._tracebacks import print_failure

        arguments = sys.argv[1:] if argv is None else argv
        again = shlex.join([prog or os.path.basename(sys.argv[0]), "--raiseerr", *arguments])
        print_failure(error, again, sys.stderr)
        sys.exit(1)


def _shows_project_only(argv: Sequence[str] | None) -> bool:
    """Return whether a failure is shown without the frames of libraries: on a terminal, unless `--raiseerr` asks for them."""
    arguments = sys.argv[1:] if argv is None else argv
    return "--raiseerr" not in arguments and sys.stderr is not None and sys.stderr.isatty()


def alembic(argv: Sequence[str] | None = None, prog: str | None = None) -> None:
    """Run the command line of `alembic`: limbeck's, or Alembic's own if limbeck is disabled.

    :param argv: as for :func:`main`
    :param prog: as for :func:`main`
    :raises SystemExit: as :func:`main`; also if limbeck is disabled and Alembic is not installed
    """
    from limbeck_names import disabled_by

    reason = disabled_by()
    if reason is None:
        main(argv, prog)
        return
    try:
        # The import system decides whether this is limbeck's module or Alembic's; see limbeck.compat.
        run = __import__("alembic.config", fromlist=["main"]).main
    except ModuleNotFoundError as error:
        if error.name != "alembic":
            raise
        sys.exit(f"limbeck is disabled ({reason}), and Alembic itself is not installed")
    run(argv, prog)


def _run_in_engine(arguments: Sequence[str]) -> bool:
    """Print the output of a command that the engine can run without Python code.

    :return: whether the command was run; if not, the caller runs it with :func:`_run`
    """
    if not short_cuts.enabled:
        return False
    if sys.warnoptions:
        return False  # only Python issues the warnings about deprecated settings
    text = _core.answer(list(arguments), _sqlite_rows)
    if text:
        write_outstream(sys.stdout, text, "\n")
    return text is not None


def _sqlite_rows(path: str, table: str) -> list[str] | None:
    from limbeck.state.sqlite_rows import read

    return read(path, table)


def _run(argv: Sequence[str] | None, prog: str | None) -> None:
    """Run the command line in Python."""
    import warnings

    import limbeck
    from limbeck.runtime._run_hooks import RUN_HOOKS

    limbeck.activate()
    from limbeck.config import main as run
    from limbeck.util._collector import fewer_collections

    fewer_collections.in_command_line = True
    format_warning = warnings.formatwarning
    warnings.formatwarning = _without_own_source(format_warning)
    token = RUN_HOOKS.set((_interruptible, *RUN_HOOKS.get()))
    try:
        run(argv, prog)
    finally:
        RUN_HOOKS.reset(token)
        fewer_collections.in_command_line = False
        warnings.formatwarning = format_warning


def _without_own_source(other: Callable[..., str]) -> Callable[..., str]:
    """Return a function that formats limbeck's own warnings without a line of its source.

    :param other: formats the others
    """
    own = os.path.join(os.path.dirname(os.path.abspath(__file__)), "")

    def format_warning(
        message: Warning | str, category: type[Warning], filename: str, *rest: Any
    ) -> str:
        if filename.startswith(own):
            return f"warning: {message}\n"
        return other(message, category, filename, *rest)

    return format_warning


def _interruptible(context: MigrationContext, plan: PlanFn) -> AbstractContextManager[None]:
    # Installed by the program only: an application that uses limbeck as a library handles Ctrl-C itself.
    from limbeck.runtime._ctrl_c import interruptible

    return interruptible(context, plan)


if __name__ == "__main__":
    main(prog="limbeck")
