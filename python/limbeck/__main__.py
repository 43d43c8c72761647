"""`python -m limbeck`, and the programs `alembic` and `limbeck`."""

import os
import sys
from collections.abc import Sequence

import limbeck

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

    try:
        run(argv, prog)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has seen enough (`alembic history | head`). What is still buffered goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(_BROKEN_PIPE)


if __name__ == "__main__":
    main(prog="limbeck")
