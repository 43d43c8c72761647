"""What has to be done so that an enum of the database has the labels of the models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Added:
    """A label that is added to an enum.

    :ivar label: the label.
    :ivar before: the label before which it is inserted, if any.
    :ivar after: the label after which it is inserted, if any; without both, it is appended.
    """

    label: str
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True)
class Difference:
    """How the labels of an enum differ.

    Labels are added, or else the type is rebuilt; renames come afterwards, so both use the old names of labels.

    :ivar old: the labels in the database.
    :ivar new: the labels of the models, where renamed ones have their old names.
    :ivar renamed: the new names of renamed labels.
    """

    old: tuple[str, ...]
    new: tuple[str, ...]
    renamed: Mapping[str, str]

    @classmethod
    def between(
        cls, old: Sequence[str], new: Sequence[str], renamed: Mapping[str, str]
    ) -> Difference:
        """Return the difference of two lists of labels.

        :param renamed: the new names by old ones.
        """
        old_names = {label: name for name, label in renamed.items()}
        return cls(tuple(old), tuple(old_names.get(label, label) for label in new), dict(renamed))

    def __bool__(self) -> bool:
        """Return whether anything differs."""
        return self.old != self.new or bool(self.renamed)

    def old_name(self, label: str | None) -> str | None:
        """Return the old name of a label that is renamed; `None` for others."""
        return next((old for old, new in self.renamed.items() if new == label), None)

    @property
    def removed(self) -> list[str]:
        """Return the labels that the models do not have."""
        return [label for label in self.old if label not in self.new]

    @property
    def needs_rebuild(self) -> bool:
        """Return whether labels are removed or reordered, which PostgreSQL's ALTER TYPE cannot do."""
        return tuple(label for label in self.new if label in self.old) != self.old

    @property
    def added(self) -> list[Added]:
        """Return the labels that are added, in the order in which to do it."""
        last = max((self.new.index(label) for label in self.old), default=-1)
        found: list[Added] = []
        for place, label in enumerate(self.new):
            if label in self.old:
                continue
            if place > last:
                found.append(Added(label))
            elif place:
                found.append(Added(label, after=self.new[place - 1]))
            else:
                found.append(Added(label, before=self.old[0]))
        return found
