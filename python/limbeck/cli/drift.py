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
from limbeck.drift.drift import MIGRATIONS, MODELS
from limbeck.script.base import ScriptDirectory
from limbeck.settings.schema_file import configured_schema_file
from limbeck.util._files import write_file
from limbeck.util._words import counted
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.config import Config

#: The exit status besides 0.
DIFFERENT = 1
#: What a database is compared with, unless it is a file.
_EXPECTED = {MIGRATIONS: "{rows}", MODELS: "the models"}


def drift_command(
    config: Config,
    exclude: Sequence[str] | None = None,
    against: str = MIGRATIONS,
    drift_format: str = "text",
    drift_sql: bool = False,
) -> None:
    """Print how the database differs, or statements that would change that, and exit with 1 if it does."""
    if drift_sql and drift_format != "text":
        raise CommandError("Only one of --sql and --format makes sense")
    script = ScriptDirectory.from_config(config)
    with crash_is_failure():
        found = drift(config, script, exclude or (), against=against, proposes=drift_sql)
    if drift_sql:
        config.print_stdout("%s", found.proposal or f"-- {_summary(found)}")
    else:
        config.print_stdout("%s", _as_json(found) if drift_format == "json" else _as_text(found))
    if found.differences:
        raise SystemExit(DIFFERENT)


def _as_text(found: Drift) -> str:
    return "\n".join([*map(str, found.differences), _summary(found)])


def _summary(found: Drift) -> str:
    count = counted(len(found.differences), "difference") if found.differences else "no differences"
    rows = ", ".join(found.rows) or "base"
    summary = f"{count} to {_EXPECTED.get(found.against, found.against).format(rows=rows)}"
    if found.excluded:
        summary += f"; {found.excluded} excluded"
    if found.pending:
        reason = ", which is no drift" if found.against == MIGRATIONS else ""
        summary += f"; pending{reason}: {', '.join(found.pending)}"
    return summary


def _as_json(found: Drift) -> str:
    value = {
        "version": 1,
        "against": found.against,
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
    :param output: the file; `None` for `schema_file` of the settings, and `-` or else standard output.
    :param snapshot_check: compare the file with what all revisions make, and exit with 1 if it differs.
    """
    script = ScriptDirectory.from_config(config)
    if output is None:
        output = configured_schema_file(config)
    if snapshot_check:
        _check(config, script, output)
        return
    with crash_is_failure():
        text = live_snapshot(config, script).snapshot.as_text()
    if output in (None, "-"):
        config.print_stdout("%s", text.rstrip("\n"))
        return
    write_file(output, text)
    print(f"wrote {output}", file=sys.stderr)


def _check(config: Config, script: ScriptDirectory, path: str | None) -> None:
    if path is None:
        raise CommandError(
            "--check compares a saved snapshot\n\nhint: name its file with -o, or as `schema_file` in the settings"
        )
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
