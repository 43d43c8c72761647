"""The text and the JSON of `alembic log`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from limbeck.journal.tables import Entry


def as_text(entries: Sequence[Entry]) -> str:
    """Return a line for each entry, the newest first, and the error of each failure below its line.

    :param entries: the entries, the oldest first.
    """
    rows = [_row(entry) for entry in reversed(entries)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row, entry in zip(rows, reversed(entries), strict=True):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        lines.append("  ".join(cells).rstrip())
        if entry.error:
            lines.append(f"    {entry.error}")
    return "\n".join(lines)


def _row(entry: Entry) -> tuple[str, ...]:
    started = entry.started.replace("T", " ").partition(".")[0]
    duration = "" if entry.milliseconds is None else f"{entry.milliseconds} ms"
    plural = "" if entry.statements == 1 else "s"
    attempts = f", {entry.attempts} attempts" if entry.attempts > 1 else ""
    return (
        started,
        entry.direction,
        entry.revision,
        entry.outcome,
        duration,
        f"{entry.statements} statement{plural}{attempts}",
        f"{entry.account or '?'}@{entry.host or '?'}",
    )


def as_json(entries: Sequence[Entry]) -> str:
    """Return the entries as a JSON array, the oldest first; the keys are those of `Entry`.

    :param entries: the entries, the oldest first.
    """
    return json.dumps([asdict(entry) for entry in entries], indent=2)
