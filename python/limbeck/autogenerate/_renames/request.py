"""What a user asks to rename: `old_table:new_table`, `table.old:new`, and `enum:type.old:new` for a label."""

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
_LABEL_FORM = "a renamed label is `enum:type.old:new`, with `schema.` before the type if need be"
_LABEL_PREFIX = "enum:"


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


@dataclass(frozen=True)
class AskedLabel:
    """One rename of a label that a user asks for; the plugin `limbeck.enums` makes it.

    :ivar text: as the user wrote it.
    :ivar schema: the schema of the type; `None` for the default one.
    :ivar type: the name of the type.
    :ivar old: the label.
    :ivar new: the new label.
    """

    text: str
    schema: str | None
    type: str
    old: str
    new: str

    @classmethod
    def parse(cls, text: str) -> AskedLabel:
        """Parse the rename of a label.

        :raises CommandError: it has another form.
        """
        path, colon, new = text.removeprefix(_LABEL_PREFIX).partition(":")
        names = path.split(".")
        if not colon or not all(names) or not 2 <= len(names) <= 3 or not new or new == names[-1]:
            raise CommandError(f"'{text}' is no rename of a label\n\nhint: {_LABEL_FORM}")
        return cls(text, names[0] if len(names) == 3 else None, names[-2], names[-1], new)


def is_label(text: str) -> bool:
    """Return whether a rename is that of a label."""
    return text.startswith(_LABEL_PREFIX) and ":" in text.removeprefix(_LABEL_PREFIX)


@dataclass
class Request:
    """The renames that one command asks for, in all databases that it compares.

    :ivar asked: the renames of tables and columns.
    :ivar labels: the renames of labels.
    :ivar ask: asks about what looks renamed; `None` for a command that does not ask.
    """

    asked: tuple[Asked, ...] = ()
    ask: Ask | None = None
    labels: tuple[AskedLabel, ...] = ()
    _applied: set[Asked | AskedLabel] = field(default_factory=set)
    _problems: dict[Asked | AskedLabel, CommandError] = field(default_factory=dict)

    @classmethod
    def of(cls, texts: Iterable[str], ask: Ask | None = None) -> Request:
        """Parse renames.

        :raises CommandError: one has another form, or two have the same name on one side.
        """
        given = list(texts)
        asked = tuple(Asked.parse(text) for text in given if not is_label(text))
        for number, one in enumerate(asked):
            for other in asked[:number]:
                _refuse_twice(other, one)
        labels = tuple(AskedLabel.parse(text) for text in given if is_label(text))
        return cls(asked, ask, labels)

    def __bool__(self) -> bool:
        """Return whether anything is asked for."""
        return bool(self.asked or self.labels) or self.ask is not None

    def note(self, asked: Asked | AskedLabel, problem: CommandError | None) -> None:
        """Note that a database has a rename, or why it has not; another one may have it."""
        if problem is None:
            self._applied.add(asked)
        else:
            self._problems.setdefault(asked, problem)

    def refuse_unused(self) -> None:
        """Check at the end that each rename was applied to a database.

        :raises CommandError: one was not.
        """
        self.refuse_unused_names()
        self.refuse_unused_labels()

    def refuse_unused_names(self) -> None:
        """Check that each rename of a table or column was applied.

        :raises CommandError: one was not.
        """
        self._refuse(self.asked, "env.py compared no database")

    def refuse_unused_labels(self) -> None:
        """Check that each rename of a label was applied.

        :raises CommandError: one was not.
        """
        hint = "set `autogenerate = enums` under [limbeck]"
        self._refuse(self.labels, f"no plugin compares enums\n\nhint: {hint}")

    def _refuse(self, asked: Iterable[Asked | AskedLabel], reason: str) -> None:
        for one in asked:
            if one not in self._applied:
                raise self._problems.get(one) or CommandError(
                    f"Cannot rename '{one.text}': {reason}"
                )


def _refuse_twice(first: Asked, second: Asked) -> None:
    same_place = first.path[:-1] == second.path[:-1] and len(first.path) == len(second.path)
    if first.path == second.path or (same_place and first.new == second.new):
        name = ".".join(first.path) if first.path == second.path else first.new
        raise CommandError(
            f"'{name}' is renamed twice: '{first.text}' and '{second.text}'\n\nhint: leave one out"
        )
