"""The revisions of a range that one revision can replace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.script._script import Script
    from limbeck.script.base import ScriptDirectory

_AROUND = "squash the revisions before and after it on their own"


def find_chain(script: ScriptDirectory, text: str) -> tuple[Script, ...]:
    """Return the revisions of a range, in their order.

    :param script: the script directory.
    :param text: `FROM:TO`, both included. Without FROM, it begins with the first revision; without TO, it ends with the head.
    :raises CommandError: one revision cannot replace them.
    """
    start, colon, end = text.partition(":")
    if not colon:
        raise CommandError(
            f"'{text}' is no range\n\nhint: name the first and the last revision: FROM:TO"
        )
    last = _revision(script, end or "head")
    first = None if start in ("", "base") else _revision(script, start)
    chain = [last]
    while first is None or chain[-1].revision != first.revision:
        parents = chain[-1]._versioned_down_revisions
        if len(parents) > 1:
            raise CommandError(
                f"{chain[-1].revision} merges {', '.join(parents)}: the range has two lines\n\n"
                f"hint: begin a range with it: {chain[-1].revision}:{last.revision}"
            )
        if not parents:
            if first is None:
                break
            raise CommandError(
                f"{last.revision} does not stand on {first.revision}\n\n"
                "hint: FROM is the older one; `alembic history` shows the order"
            )
        chain.append(script.get_revision(parents[0]))
    chain.reverse()
    if len(chain) == 1:
        raise CommandError(
            f"The range is the one revision {last.revision}\n\n"
            "hint: both ends of FROM:TO are a part of the range, so that at least two revisions are replaced"
        )
    _refuse_leaving(chain)
    return tuple(chain)


def _revision(script: ScriptDirectory, text: str) -> Script:
    found: Script | None = script.get_revision(text)
    if found is None:
        raise CommandError(f"'{text}' is no revision")
    return found


def _refuse_leaving(chain: list[Script]) -> None:
    """Refuse a range that something inside of it connects with other revisions."""
    inside = {found.revision for found in chain}
    for number, found in enumerate(chain):
        is_first, is_last = number == 0, number == len(chain) - 1
        others = sorted(set(found.nextrev) - inside)
        if others and not is_last:
            raise CommandError(
                f"{found.revision} is a branch point inside of the range: {', '.join(others)} "
                f"stand{'s' if len(others) == 1 else ''} on it too\n\n"
                f"hint: end a range with it: {chain[0].revision}:{found.revision}"
            )
        dependents = sorted(set(found._all_nextrev) - inside)
        if dependents and not is_last:
            raise CommandError(
                f"{', '.join(dependents)} depend{'s' if len(dependents) == 1 else ''} on {found.revision} "
                f"inside of the range\n\nhint: end a range with it: {chain[0].revision}:{found.revision}"
            )
        if found._orig_branch_labels and not (is_first or is_last):
            raise CommandError(
                f"{found.revision} inside of the range has the branch label "
                f"{', '.join(found._orig_branch_labels)}\n\nhint: {_AROUND}"
            )
        needed = sorted(set(found._resolved_dependencies) - inside)
        if needed and not is_first:
            raise CommandError(
                f"{found.revision} inside of the range depends on {', '.join(needed)}, which would have to be "
                f"applied before {chain[0].revision}\n\nhint: begin a range with it: "
                f"{found.revision}:{chain[-1].revision}"
            )
