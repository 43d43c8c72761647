"""What a user asks to rename: `old_table:new_table` and `table.old:new`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.autogenerate._renames.likeness import Candidate

    #: Asks which of some candidates an object that disappears was renamed to; `None` for none of them.
    Ask = Callable[[Sequence[Candidate]], Candidate | None]

_FORMS = "a rename is `old_table:new_table` or `table.old_column:new_column`, with `schema.` before the table if need be"


@dataclass(frozen=True)
class Asked:
    """One rename that a user asks for.

    :ivar text: as the user wrote it.
    :ivar path: the names before the colon.
    :ivar new: the new name.
    """

    text: str
    path: tuple[str, ...]
    new: str

    @classmethod
    def parse(cls, text: str) -> Asked:
        """Parse a rename.

        :raises CommandError: it has another form.
        """
        old, colon, new = text.partition(":")
        path = tuple(old.split("."))
        if not colon or not all(path) or len(path) > 3 or not new or ":" in new:
            raise CommandError(f"'{text}' is no rename\n\nhint: {_FORMS}")
        if "." in new:
            raise CommandError(
                f"'{text}' names the new place with a dot\n\n"
                f"hint: only the name changes: `{old}:{new.rpartition('.')[2]}`"
            )
        if new == path[-1]:
            raise CommandError(f"'{text}' has the same name twice\n\nhint: {_FORMS}")
        return cls(text, path, new)


@dataclass
class Request:
    """The renames that one command asks for, in all databases that it compares.

    :ivar asked: the renames.
    :ivar ask: asks about what looks renamed; `None` for a command that does not ask.
    """

    asked: tuple[Asked, ...] = ()
    ask: Ask | None = None
    _applied: set[Asked] = field(default_factory=set)
    _problems: dict[Asked, CommandError] = field(default_factory=dict)

    @classmethod
    def of(cls, texts: Iterable[str], ask: Ask | None = None) -> Request:
        """Parse renames.

        :raises CommandError: one has another form, or two have the same name on one side.
        """
        asked = tuple(map(Asked.parse, texts))
        for number, one in enumerate(asked):
            for other in asked[:number]:
                _refuse_twice(other, one)
        return cls(asked, ask)

    def __bool__(self) -> bool:
        """Return whether anything is asked for."""
        return bool(self.asked) or self.ask is not None

    def note(self, asked: Asked, problem: CommandError | None) -> None:
        """Note that a database has a rename, or why it has not; another one may have it."""
        if problem is None:
            self._applied.add(asked)
        else:
            self._problems.setdefault(asked, problem)

    def refuse_unused(self) -> None:
        """Check at the end that each rename was applied to a database.

        :raises CommandError: one was not.
        """
        for asked in self.asked:
            if asked not in self._applied:
                raise self._problems.get(asked) or CommandError(
                    f"Cannot rename '{asked.text}': env.py compared no database"
                )


def _refuse_twice(first: Asked, second: Asked) -> None:
    same_place = first.path[:-1] == second.path[:-1] and len(first.path) == len(second.path)
    if first.path == second.path or (same_place and first.new == second.new):
        name = ".".join(first.path) if first.path == second.path else first.new
        raise CommandError(
            f"'{name}' is renamed twice: '{first.text}' and '{second.text}'\n\nhint: leave one out"
        )
