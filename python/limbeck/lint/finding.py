"""What a check finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Effect:
    """What a statement does to the sessions of an application while it runs.

    :ivar lock: the lock, as the database names it; empty if the finding is not about a lock.
    :ivar blocks: what it blocks: `reads and writes`, `writes`, `schema changes`; empty for nothing.
    :ivar rewrites: whether the table is written anew.
    :ivar scans: whether the table is read in full under the lock.
    """

    lock: str = ""
    blocks: str = ""
    rewrites: bool = False
    scans: bool = False

    def describe(self) -> str:
        """Return one clause for each known effect, such as `SHARE lock; blocks writes`; empty if none is known."""
        clauses = []
        if self.lock:
            clauses.append(f"{self.lock} lock")
        if self.blocks:
            clauses.append(f"blocks {self.blocks}")
        if self.rewrites:
            clauses.append("rewrites the table")
        if self.scans:
            clauses.append("reads the whole table")
        return "; ".join(clauses)


@dataclass(frozen=True)
class Finding:
    """A finding.

    :ivar rule: the name of the rule.
    :ivar severity: `error` or `warning`.
    :ivar message: what happens, in one sentence.
    :ivar path: the file.
    :ivar line: the line, from 1; `None` for a finding about the file.
    :ivar revision: the identifier of the revision; empty for a finding about the project.
    :ivar statement: the SQL; empty if there is none.
    :ivar effect: what the statement does to other sessions.
    :ivar hint: what to do instead.
    """

    rule: str
    severity: Severity
    message: str
    path: str
    line: int | None
    revision: str = ""
    statement: str = ""
    effect: Effect = Effect()
    hint: str = ""


#: How many directives are shown for a step that is partly known.
_SHOWN = 8


@dataclass(frozen=True)
class PartlyKnown:
    """A step whose statements are not all known.

    :ivar revision: the identifier.
    :ivar path: the file.
    :ivar line: the line at which the knowledge ends; `None` if it is not in the file.
    :ivar reason: why.
    :ivar calls: the directives below the line as the file has them: name and line.
    :ivar is_rest_checked: whether the statements below the line are known.
    """

    revision: str
    path: str
    line: int | None
    reason: str
    calls: tuple[tuple[str, int], ...] = ()
    is_rest_checked: bool = False

    def describe(self) -> str:
        """Return one sentence about what is known."""
        text = f"partly known: {self.reason}"
        if self.is_rest_checked:
            return text
        text += "; what follows was not checked"
        if self.calls:
            shown = ", ".join(f"{name} (line {line})" for name, line in self.calls[:_SHOWN])
            text += f": {shown}{', ...' if len(self.calls) > _SHOWN else ''}"
        return text


@dataclass(frozen=True)
class Report:
    """The result of a run.

    :ivar findings: the findings in the order of files and lines.
    :ivar revisions: how many revisions were looked at.
    :ivar statements: how many statements were seen.
    :ivar unread: how many of these could not be parsed.
    :ivar partly_known: the steps whose statements are not all known.
    :ivar suppressed: how many findings comments or settings have removed.
    :ivar notes: what else the reader has to know, such as how the dialect was found.
    """

    findings: tuple[Finding, ...]
    revisions: int
    statements: int
    unread: int
    partly_known: tuple[PartlyKnown, ...]
    suppressed: int
    notes: tuple[str, ...] = ()
