"""Verifies a revision that autogenerate has just written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.output.paths import relative
from limbeck.script.base import ScriptDirectory
from limbeck.util.exc import CommandError
from limbeck.verify.output import finding_line
from limbeck.verify.verify import verify

if TYPE_CHECKING:
    from collections.abc import Sequence

    from limbeck.config import Config
    from limbeck.script._script import Script


class RevisionNotVerified(CommandError):
    """`revision --verify` has written a revision in which it found something."""


def verify_new(config: Config, scripts: Sequence[Script]) -> None:
    """Run new revisions up, down and up on a scratch database, and compare the models with it.

    :param config: the configuration.
    :param scripts: the new revisions, which stay.
    :raises RevisionNotVerified: something was found.
    :raises CommandError: there is no scratch database.
    """
    names = [script.revision for script in scripts]
    report = verify(config, ScriptDirectory.from_config(config), names, compares_models=True)
    if report.findings:
        files = ", ".join(relative(str(script.path)) for script in scripts)
        lines = "\n".join(map(finding_line, report.findings))
        raise RevisionNotVerified(
            f"The new revision is not right: {files}\n\n{lines}\n\n"
            f"hint: correct the file, which is kept, and run `alembic verify {names[0]}`"
        )
    for name in names:
        reason = dict(report.irreversible).get(name)
        ways = "up and down" if reason is None else f"up (irreversible: {reason})"
        config.print_stdout("Verified %s: it runs %s, and nothing is left to generate", name, ways)
