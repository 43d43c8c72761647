"""`alembic lint`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn, TextIO

from limbeck.cli.crashes import crash_is_failure
from limbeck.settings.limbeck_section import Settings
from limbeck.util._files import replace_file
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.config import Config

#: Exit statuses besides 0.
FINDINGS = 1
WRONG_USAGE = 2

with crash_is_failure():  # such as an environment without SQLAlchemy
    from limbeck.cli.difference import difference
    from limbeck.lint import Options, Request, lint
    from limbeck.lint.explain import explain
    from limbeck.lint.fix import rewrite
    from limbeck.lint.output import FORMATS
    from limbeck.lint.output.paths import relative
    from limbeck.lint.run import UnknownRuleError, known_rules, run


def lint_command(
    config: Config,
    revision_range: str | None = None,
    pending: bool = False,
    all_revisions: bool = False,
    since: str | None = None,
    dialect: str | None = None,
    server_version: str | None = None,
    downgrades: bool = False,
    lint_format: str = "text",
    select_rules: Sequence[str] | None = None,
    ignore_rules: Sequence[str] | None = None,
    fail_on: str | None = None,
    explain_rule: str | None = None,
    fix: bool = False,
) -> None:
    """Check revisions, print what was found, and exit with 1 if there is anything."""
    if explain_rule is not None:
        _explain(config, explain_rule)
        return
    if sum((revision_range is not None, pending, all_revisions, since is not None)) > 1:
        _refuse("only one of RANGE, --pending, --all and --since makes sense")
    if fix and (revision_range is not None or pending or all_revisions):
        _refuse(
            "--fix rewrites only files that are newer than a Git base: use it with --since REF, or without a range"
        )
    fail_on = fail_on or Settings.read(config).lint_fail_on
    own = Options.of(config)
    options = replace(
        own,
        request=Request(revision_range, pending, all_revisions, since),
        dialect=dialect,
        server_version=server_version or own.server_version,
        downgrade=downgrades,
        select=_names(select_rules) or own.select,
        ignore=(*own.ignore, *_names(ignore_rules)),
        for_fix=fix,
    )
    with crash_is_failure():
        try:
            if fix:
                _fix(config, options, sys.stdout if lint_format == "text" else sys.stderr)
                options = replace(options, for_fix=False)
            report = lint(config, options)
        except UnknownRuleError as error:
            _refuse_rule(str(error))
    for note in report.notes:
        print(f"note: {note}", file=sys.stderr)
    config.print_stdout("%s", FORMATS[lint_format](report))
    if any(fail_on == "warning" or finding.severity == "error" for finding in report.findings):
        raise SystemExit(FINDINGS)


def _fix(config: Config, options: Options, output: TextIO) -> None:
    """Rewrite the files of findings with a certain rewrite, and print the difference."""
    outcome = run(config, options)
    if outcome.new is None:
        raise CommandError(
            "--fix rewrites only files that are newer than a Git base, and there is none\n\n"
            "hint: name the base with --since REF, inside a Git checkout"
        )
    changes, left = rewrite(outcome.report.findings, outcome.places, outcome.new)
    for change in changes:
        try:
            replace_file(change.path, change.after)
        except OSError as error:
            raise CommandError(f"Cannot write {change.path}: {error.strerror}") from error
        output.write(difference(change.path, change.before, change.after))
    for finding, reason in left:
        place = f"{relative(finding.path)}:{finding.line}"
        print(f"note: {place}: {finding.rule} was not fixed: {reason}", file=sys.stderr)


def _names(values: Sequence[str] | None) -> tuple[str, ...]:
    """Return the names of an option that may be given several times, each with several names."""
    return tuple(
        name.strip() for value in values or () for name in value.split(",") if name.strip()
    )


def _explain(config: Config, name: str) -> None:
    rules = known_rules()
    if name not in rules:
        _refuse_rule(name)
    config.print_stdout("%s", f"{name}\n\n{explain(rules[name])}")


def _refuse_rule(name: str) -> NoReturn:
    from limbeck.cli.suggestions import nearest

    similar = nearest(name, known_rules())
    hint = f"did you mean '{similar}'?" if similar else f"the rules are {', '.join(known_rules())}"
    _refuse(f"there is no rule '{name}'\n\nhint: {hint}")


def _refuse(message: str) -> NoReturn:
    sys.stderr.write(f"alembic lint: error: {message}\n")
    raise SystemExit(WRONG_USAGE)
