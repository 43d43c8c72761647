"""What a verification finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: What was done when a fault was found: `upgrade`, `downgrade`, `again` (the second upgrade), `offline` (as `--sql` does) or `models`.
Phase = Literal["upgrade", "downgrade", "again", "offline", "models"]


@dataclass(frozen=True)
class Finding:
    """A fault.

    :ivar phase: what was done when it was found.
    :ivar message: what is wrong, in one sentence.
    :ivar revision: the identifier of the revision; empty for the models.
    :ivar path: the file.
    :ivar line: the line of the statement or of the function; `None` if it is not known.
    """

    phase: Phase
    message: str
    revision: str = ""
    path: str = ""
    line: int | None = None


@dataclass(frozen=True)
class Report:
    """The result of a verification.

    :ivar findings: the faults, in the order in which they were found.
    :ivar verified: the revisions that went down and up again without a fault.
    :ivar irreversible: the revisions that say that they cannot be reverted, with their reasons.
    :ivar stopped_at: the revision after which nothing was verified; `None` if all were.
    :ivar databases: the names of the scratch databases, if they are kept.
    :ivar refused: the tables that have refused a generated row, with the reasons.
    """

    findings: tuple[Finding, ...]
    verified: tuple[str, ...]
    irreversible: tuple[tuple[str, str], ...]
    stopped_at: str | None = None
    databases: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
