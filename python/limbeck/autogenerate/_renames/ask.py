"""Asks on a terminal whether what disappears was renamed to what appears."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.autogenerate._renames.likeness import Candidate
    from limbeck.autogenerate._renames.request import Ask
    from limbeck.config import Config

#: The number of names that are offered for one object.
_OFFERED = 5


def asker(config: Config) -> Ask:
    """Return the function that asks the user.

    :raises CommandError: there is no terminal on which a user could answer.
    """
    if config.cmd_opts is None or not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise CommandError(
            "--ask needs a terminal\n\nhint: say what is renamed with --rename OLD:NEW"
        )
    return _ask


def _ask(candidates: Sequence[Candidate]) -> Candidate | None:
    """Offer the candidates of one object, the likeliest first.

    :return: the chosen one; `None` if the object is dropped.
    :raises CommandError: the input ends without an answer.
    """
    offered = candidates[:_OFFERED]
    lines = [f"The {offered[0].old} is not in the models. Is it renamed?"]
    lines += [f"  {number}  to '{one.new}'" for number, one in enumerate(offered, 1)]
    lines += ["  n  no, it is dropped", ""]
    numbers = "/".join(str(number) for number in range(1, len(offered) + 1))
    sys.stderr.write("\n".join(lines))
    while True:
        sys.stderr.write(f"[{numbers}/n]: ")
        sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            raise CommandError("The question has no answer; no file was written")
        answer = line.strip().lower()
        if answer in ("n", "no"):
            return None
        if answer.isdecimal() and 0 < int(answer) <= len(offered):
            return offered[int(answer) - 1]


def chosen(ask: Ask, groups: Iterable[Sequence[Candidate]]) -> list[Candidate]:
    """Ask about each object that disappears, without the names that are taken by then.

    :param ask: asks about one object.
    :param groups: the candidates of each object.
    :return: the chosen candidates.
    """
    taken: list[Candidate] = []
    for group in groups:
        names = {(one.schema, one.new, _table_of_column(one)) for one in taken}
        rest = [one for one in group if (one.schema, one.new, _table_of_column(one)) not in names]
        answer = ask(rest) if rest else None
        if answer is not None:
            taken.append(answer)
    return taken


def _table_of_column(candidate: Candidate) -> str | None:
    return None if candidate.column is None else candidate.table
