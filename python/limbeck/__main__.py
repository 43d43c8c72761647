"""`python -m limbeck`, and the programs `alembic` and `limbeck`."""

from collections.abc import Sequence

import limbeck


def main(argv: Sequence[str] | None = None, prog: str | None = None) -> None:
    """Run the command line, on limbeck whatever else is installed as `alembic`.

    :param argv: the arguments; by default those of the process
    :param prog: the program's name in messages; by default that under which it was run
    :raises SystemExit: with the exit status, where it is not 0
    """
    limbeck.activate()
    from limbeck.config import main as run

    run(argv, prog)


if __name__ == "__main__":
    main(prog="limbeck")
