"""`alembic verify`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from limbeck.cli.crashes import crash_is_failure
from limbeck.lint.selection import Request, select
from limbeck.script.base import ScriptDirectory
from limbeck.util.exc import CommandError
from limbeck.verify import verify
from limbeck.verify.output import FORMATS

if TYPE_CHECKING:
    from limbeck.config import Config

#: The exit status besides 0.
FINDINGS = 1


def verify_command(
    config: Config,
    revision_range: str | None = None,
    since: str | None = None,
    data: str | None = None,
    keep: bool = False,
    verify_format: str = "text",
) -> None:
    """Verify revisions, print what was found, and exit with 1 if there is anything."""
    if revision_range is not None and since is not None:
        raise CommandError("Only one of RANGE and --since makes sense")
    script = ScriptDirectory.from_config(config)
    ordered = list(script.walk_revisions())[::-1]
    request = Request(revision_range, all=revision_range is None and since is None, since=since)
    chosen = select(config, script, ordered, request).revisions
    with crash_is_failure():
        report = verify(config, script, chosen, data=data, keep=keep)
    config.print_stdout("%s", FORMATS[verify_format](report).rstrip("\n"))
    for name in report.databases:
        print(f"kept: {name}", file=sys.stderr)
    if report.findings:
        raise SystemExit(FINDINGS)
