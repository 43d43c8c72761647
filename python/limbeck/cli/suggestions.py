"""Examples in `--help`, and suggestions for mistyped commands and identifiers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from typing import NoReturn

#: The message of the error without a command.
TOO_FEW = "too few arguments"
#: The examples at the end of `alembic <command> --help`.
EXAMPLES: dict[str, str] = {
    "branches": "alembic branches --verbose",
    "check": "alembic check || echo 'the models have changed: write a revision'",
    "completion": 'eval "$(alembic completion bash)"',
    "current": "alembic current --check-heads",
    "doctor": "limbeck doctor",
    "downgrade": "alembic downgrade -1",
    "drift": "alembic drift --format json",
    "edit": "alembic edit head",
    "ensure_version": "alembic ensure_version",
    "graph": "alembic graph --current",
    "heads": "alembic heads --verbose",
    "history": "alembic history -r current:head",
    "init": "alembic init --template async migrations",
    "lint": "alembic lint --since origin/main",
    "list_templates": "alembic list_templates",
    "log": "alembic log --json",
    "merge": 'alembic merge -m "merge e-mail and address" heads',
    "plan": "alembic plan -o plan.json",
    "rebase": "alembic rebase --dry-run",
    "repair": "alembic repair 1a2b --mark-applied",
    "revision": 'alembic revision --autogenerate -m "add e-mail to account"',
    "show": "alembic show head",
    "snapshot": "alembic snapshot -o schema.txt",
    "squash": "alembic squash 1a2b:3c4d --dry-run",
    "stamp": "alembic stamp head",
    "status": "alembic status --json",
    "upgrade": "alembic upgrade head",
    "verify": "alembic verify --since origin/main",
    "wait": "alembic wait --timeout 120 --for head",
}


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that is most similar to a word; `None` if none is similar enough."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, list(candidates), n=1, cutoff=0.6)), None)


def add_hints(
    parser: ArgumentParser, commands: Mapping[str, ArgumentParser], argv: Sequence[str]
) -> None:
    """Make the parser give hints for wrong arguments.

    :param parser: the parser; its `error` is replaced.
    :param commands: the parsers of the commands.
    :param argv: the arguments.
    """
    words = [word for word in argv if not word.startswith("-")]
    original_error = parser.error
    listing = f"`{parser.prog} --help` lists the commands"

    def error(message: str) -> NoReturn:
        hint = None
        mistyped = next((word for word in words if f"invalid choice: '{word}'" in message), None)
        if mistyped:
            message = f"there is no command '{mistyped}'"
            suggestion = nearest(mistyped, commands)
            hint = f"did you mean `{suggestion}`?" if suggestion else listing
        elif message == TOO_FEW:
            hint = listing
        elif message.startswith("unrecognized arguments: "):
            command = next((word for word in words if word in commands), None)
            unknown = message.partition(": ")[2].split()[0].partition("=")[0]
            if command is not None and unknown.startswith("-"):
                hint = _hint_for_option(unknown, parser, command, commands[command])
        original_error(f"{message}\n\nhint: {hint}" if hint else message)

    parser.error = error  # type: ignore[method-assign] # of this parser only
    for name, command in commands.items():
        if name in EXAMPLES:
            _add_example(command, EXAMPLES[name])


def _add_example(command: ArgumentParser, example: str) -> None:
    """Let the parser of a command show an example if an argument is missing."""
    original_error = command.error

    def error(message: str) -> NoReturn:
        is_missing = message.startswith("the following arguments are required")
        original_error(f"{message}\n\nhint: for example `{example}`" if is_missing else message)

    command.error = error  # type: ignore[method-assign] # of this parser only


def _hint_for_option(
    unknown: str, parser: ArgumentParser, name: str, command: ArgumentParser
) -> str:
    if unknown in parser._option_string_actions:
        return f"`{unknown}` goes before the command: `{parser.prog} {unknown} ... {name}`"
    similar = nearest(unknown, command._option_string_actions)
    if similar is not None:
        return f"did you mean `{similar}`?"
    return f"`{parser.prog} {name} --help` lists the options"
