"""`alembic drift` and `alembic snapshot`."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING

from limbeck.cli.crashes import crash_is_failure
from limbeck.drift import Drift, drift, live_snapshot, revisions_snapshot
from limbeck.script.base import ScriptDirectory
from limbeck.util._files import write_file
from limbeck.util._words import counted
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.config import Config

#: The exit status besides 0.
DIFFERENT = 1


def drift_command(
    config: Config, exclude: Sequence[str] | None = None, drift_format: str = "text"
) -> None:
    """Print how the database differs, and exit with 1 if it does."""
    script = ScriptDirectory.from_config(config)
    with crash_is_failure():
        found = drift(config, script, exclude or ())
    config.print_stdout("%s", _as_json(found) if drift_format == "json" else _as_text(found))
    if found.differences:
        raise SystemExit(DIFFERENT)


def _as_text(found: Drift) -> str:
    lines = [str(difference) for difference in found.differences]
    count = counted(len(lines), "difference") if lines else "no differences"
    summary = f"{count} to {', '.join(found.rows) or 'base'}"
    if found.excluded:
        summary += f"; {found.excluded} excluded"
    if found.pending:
        summary += f"; pending, which is no drift: {', '.join(found.pending)}"
    return "\n".join([*lines, summary])


def _as_json(found: Drift) -> str:
    value = {
        "version": 1,
        "revisions": found.rows,
        "differences": [
            {**difference.object._asdict(), "made": difference.before, "found": difference.after}
            for difference in found.differences
        ],
        "excluded": found.excluded,
        "pending": found.pending,
    }
    return json.dumps(value, indent=2, ensure_ascii=False)


def snapshot_command(
    config: Config, output: str | None = None, snapshot_check: bool = False
) -> None:
    """Print or save the snapshot of the database, or check a saved one.

    :param config: the configuration.
    :param output: the file.
    :param snapshot_check: compare the file with what all revisions make, and exit with 1 if it differs.
    """
    script = ScriptDirectory.from_config(config)
    if snapshot_check:
        _check(config, script, output)
        return
    with crash_is_failure():
        text = live_snapshot(config, script).snapshot.as_text()
    if output is None:
        config.print_stdout("%s", text.rstrip("\n"))
        return
    write_file(output, text)
    print(f"wrote {output}", file=sys.stderr)


def _check(config: Config, script: ScriptDirectory, path: str | None) -> None:
    if path is None:
        raise CommandError("--check compares a saved snapshot\n\nhint: name its file with -o")
    try:
        saved = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise CommandError(
            f"Cannot read the snapshot in {path}: {reason}\n\nhint: `alembic snapshot -o FILE` makes one"
        ) from error
    with crash_is_failure():
        made = revisions_snapshot(config, script).snapshot.as_text()
    difference = list(
        unified_diff(saved.splitlines(), made.splitlines(), path, "the head", lineterm="", n=0)
    )
    if difference:
        config.print_stdout("%s", "\n".join(difference))
        raise SystemExit(DIFFERENT)
