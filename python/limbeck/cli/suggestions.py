"""Examples in `--help`, and suggestions for mistyped commands and identifiers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from typing import NoReturn

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
    "repair": "alembic repair 1a2b --mark-applied",
    "revision": 'alembic revision --autogenerate -m "add e-mail to account"',
    "show": "alembic show head",
    "snapshot": "alembic snapshot -o schema.txt",
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


def hint_of(error: BaseException) -> str | None:
    """Return the `hint` of an error, or of the first of its causes that has one; `None` if there is none."""
    current: BaseException | None = error
    while current is not None:
        hint: str | None = getattr(current, "hint", None)
        if hint:
            return hint
        current = current.__cause__
    return None


def suggest_commands(parser: ArgumentParser, names: Iterable[str], argv: Iterable[str]) -> None:
    """Make the parser suggest the most similar command for an unknown one.

    :param parser: the parser; its `error` is replaced.
    :param names: the commands.
    :param argv: the arguments.
    """
    commands = frozenset(names)
    words = [word for word in argv if not word.startswith("-")]
    original_error = parser.error

    def error(message: str) -> NoReturn:
        mistyped = next((word for word in words if f"invalid choice: '{word}'" in message), None)
        suggestion = nearest(mistyped, commands) if mistyped else None
        original_error(
            f"{message}\n\nhint: did you mean `{suggestion}`?" if suggestion else message
        )

    parser.error = error  # type: ignore[method-assign] # of this parser only
