"""The position of a backfill: the record of a statement that is executed in batches.

The position is committed together with its batch. A batch changes the position that it has read; if another session has changed it
meanwhile, nothing of the batch is committed.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from limbeck.journal.tables import StatementRecord
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.journal.statements import StatementJournal


@dataclass(frozen=True)
class Position:
    """The committed batches of a backfill.

    :ivar last: the last key of the last batch; `None` before the first.
    :ivar end: the last key of the backfill; `None` in an empty table.
    :ivar rows: the number of changed rows.
    :ivar batches: the number of batches.
    """

    last: Any
    end: Any
    rows: int
    batches: int

    def as_json(self) -> str:
        """Return the position as text."""
        return json.dumps(asdict(self), default=_encode)

    @classmethod
    def from_json(cls, text: str) -> Position:
        """Return the position that was written as text.

        :param text: the result of `as_json()`.
        """
        return cls(**json.loads(text, object_hook=_decode))


def _encode(key: Any) -> dict[str, str]:
    if isinstance(key, uuid.UUID):
        return {"uuid": str(key)}
    return {"bytes": bytes(key).hex()}


def _decode(found: dict[str, Any]) -> Any:
    if "uuid" in found:
        return uuid.UUID(found["uuid"])
    return bytes.fromhex(found["bytes"]) if "bytes" in found else found


def has_batches(record: StatementRecord) -> bool:
    """Return whether a record is that of a backfill of which batches are committed."""
    text = record.fingerprint or ""
    return text.startswith("{") and Position.from_json(text).batches > 0


class PositionRecord:
    """The record of a backfill.

    :param journal: the records of the step.
    :param number: the number of the backfill among the statements of the revision.
    :param statement: the text of its statement, without a range of keys.
    :param parameters: the parameters and the key.
    :raises CommandError: an earlier run has executed another statement.
    """

    def __init__(
        self, journal: StatementJournal, number: int, statement: str, parameters: Any
    ) -> None:
        self._journal = journal
        self._record = journal.new_record(number, statement, parameters)
        known = journal.known(number)
        if known is not None:
            journal.check_same(known, self._record, statement)
            self._record = known

    @property
    def position(self) -> Position | None:
        """The position of an earlier run, if there is one."""
        text = self._record.fingerprint
        return None if text is None else Position.from_json(text)

    @property
    def is_done(self) -> bool:
        """Whether an earlier run has finished the backfill."""
        return self._record.is_done

    def insert(self, position: Position) -> None:
        """Write the first position."""
        self._record.fingerprint = position.as_json()
        self._journal.insert(self._record)

    def advance(self, before: Position, after: Position) -> bool:
        """Write the position after a batch; return false if another session has changed it.

        :param before: the position before the batch.
        :param after: the position after it.
        """
        return self._journal.replace_fingerprint(self._record, before.as_json(), after.as_json())

    def read_again(self) -> Position:
        """Return the position that another session has written.

        :raises CommandError: the record is gone.
        """
        found = self._journal.read(self._record.number)
        if found is None or found.fingerprint is None:
            raise CommandError(
                f"Another run has finished revision {self._journal.entry.revision} meanwhile\n\n"
                "hint: run the command again, which then finds what is left to do"
            )
        return Position.from_json(found.fingerprint)

    def finish(self) -> None:
        """Mark the backfill as done."""
        self._record.is_done = True
        self._journal.finish(self._record)
