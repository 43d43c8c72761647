"""Checks revisions: renders them, and applies the rules."""

from __future__ import annotations

import fnmatch
import os
import traceback
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from limbeck.lint import branches, squawk, suppression
from limbeck.lint.environment import Target, targets
from limbeck.lint.finding import Effect, Finding, PartlyKnown, Report
from limbeck.lint.fix.rewrite import Place
from limbeck.lint.rule import Problem, Rule, all_rules
from limbeck.lint.rules import no_lock_timeout
from limbeck.lint.schema import Schema
from limbeck.lint.selection import Request, after, select
from limbeck.lint.step import ReadStatement, Step, read_statement
from limbeck.rendered_plan import RenderedStep, render
from limbeck.rendered_plan.no_database import no_database
from limbeck.rendered_plan.recorder import NeedsDatabaseError
from limbeck.runtime._run import line_in
from limbeck.runtime._steps import RevisionStep
from limbeck.script.base import ScriptDirectory
from limbeck.settings.limbeck_section import Settings
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.config import Config
    from limbeck.script._script import Script


@dataclass(frozen=True)
class Options:
    """What is checked, and how.

    :ivar request: the revisions.
    :ivar dialect: a dialect that replaces that of env.py.
    :ivar server_version: the version of the server.
    :ivar downgrade: check `downgrade()` too.
    :ivar select: names of rules, or their beginnings with `*`; empty for the rules that are on by default.
    :ivar ignore: the same, for rules that are left out.
    :ivar per_file_ignores: rules that are left out in some files, by a pattern of the path.
    :ivar start_after: only revisions after this one are checked.
    :ivar require_reason: report comments without a reason.
    :ivar has_lock_timeout: the project sets a lock_timeout for all revisions.
    :ivar for_fix: also check what `--fix` mends, although it is off by default.
    """

    request: Request = Request()  # noqa: RUF009 - immutable
    dialect: str | None = None
    server_version: str | None = None
    downgrade: bool = False
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    start_after: str | None = None
    require_reason: bool = False
    has_lock_timeout: bool = False
    for_fix: bool = False

    @classmethod
    def of(cls, config: Config) -> Options:
        """Return the options that the settings of a project name."""
        settings = Settings.read(config)
        return cls(
            server_version=settings.lint_server_version,
            select=settings.lint_select,
            ignore=settings.lint_ignore,
            per_file_ignores=settings.lint_per_file_ignores,
            start_after=settings.lint_start_after,
            require_reason=settings.lint_require_reason,
            has_lock_timeout=settings.lock_timeout is not None,
        )


class Outcome(NamedTuple):
    """What a run found, with what `--fix` needs.

    :ivar report: the report.
    :ivar places: the changes that the findings are about.
    :ivar new: the revisions whose files a Git base does not have; `None` if the base is not known.
    """

    report: Report
    places: Mapping[Finding, Place]
    new: frozenset[str] | None


class UnknownRuleError(ValueError):
    """A name, or a pattern, that is that of no rule."""


def lint(config: Config, options: Options) -> Report:
    """Check the revisions of a project. No database is used, except for `Request.pending`.

    :param config: the configuration.
    :param options: what is checked, and how.
    :raises CommandError: the work cannot be done.
    :raises UnknownRuleError: an option names a rule that does not exist.
    """
    return run(config, options).report


def run(config: Config, options: Options) -> Outcome:
    """Check the revisions of a project, as `lint()` does, for a caller that mends what is found."""
    rules = _rules(options)
    script = ScriptDirectory.from_config(config)
    ordered = _all_revisions(script)
    selection = select(config, script, ordered, options.request)
    chosen = selection.revisions
    if options.start_after:
        chosen &= after(script, options.start_after)
    found, notes = targets(config, script, options.dialect, options.server_version)
    if selection.note is not None:
        notes.insert(0, selection.note)
    work = _Run(rules, options, chosen)
    for target in found:
        # The environment is `alembic.context`, which bodies may ask whether the run is offline.
        with no_database(), _attributes(config), target.settings.environment or nullcontext():
            work.check(script, ordered, target, downgrades=options.downgrade)
    return Outcome(work.report(ordered, notes), work.places, selection.new)


def _rules(options: Options) -> dict[str, Rule]:
    rules = chosen_rules(options.select, options.ignore)
    if options.has_lock_timeout:
        rules.pop(no_lock_timeout.NAME, None)
    elif options.for_fix and not options.select:
        rules.update(chosen_rules((no_lock_timeout.NAME,), options.ignore))
    return rules


def check_target(
    script: ScriptDirectory,
    revisions: frozenset[str],
    target: Target,
    options: Options,
    *,
    is_upgrade: bool,
) -> Report:
    """Check the pending revisions of one database, in one direction.

    A table that one of them has made is exempt in the others too: nobody uses it yet.

    :param script: the script directory.
    :param revisions: the identifiers of the revisions.
    :param target: the database.
    :param options: what is checked, and how; its request and its dialect are not used.
    :param is_upgrade: the direction.
    :raises UnknownRuleError: an option names a rule that does not exist.
    """
    if options.start_after:
        revisions &= after(script, options.start_after)
    ordered = _all_revisions(script)
    work = _Run(_rules(options), options, revisions, is_plan=True)
    with no_database():
        work.check(script, ordered, target, upgrades=is_upgrade, downgrades=not is_upgrade)
    return work.report(ordered, ())


class _Attributes(dict[Any, Any]):
    """The attributes of a configuration; a missing one would be set by the program that runs the migrations."""

    def __missing__(self, key: Any) -> Any:
        raise NeedsDatabaseError(f"reads config.attributes[{key!r}], which nothing has set")


@contextmanager
def _attributes(config: Config) -> Iterator[None]:
    """Within the block, a body that reads a missing attribute ends there, instead of raising an error of its own."""
    before = config.attributes
    config.attributes = _Attributes(before)
    try:
        yield
    finally:
        config.attributes = before


def _all_revisions(script: ScriptDirectory) -> list[Script]:
    """Return all revisions, parents first.

    :raises CommandError: a file whose header is known only after its import cannot be imported.
    """
    try:
        with no_database():
            return list(script.walk_revisions())[::-1]
    except CommandError:
        raise
    except (Exception, NeedsDatabaseError, SystemExit) as error:  # of a file
        place = "a revision file"
        for frame in traceback.extract_tb(error.__traceback__):
            if any(frame.filename.startswith(folder) for folder in script._folders):
                place = f"{frame.filename}, line {frame.lineno}"
        raise CommandError(
            f"Cannot read the revisions: {place}: {type(error).__name__}: {error}\n\n"
            "hint: the header of this file is known only after its import, and every revision depends on it"
        ) from error


def known_rules() -> dict[str, Rule]:
    """Return all rules by name: limbeck's own, and those of squawk."""
    return {**all_rules(), **squawk.rules()}


def chosen_rules(select: Sequence[str], ignore: Sequence[str]) -> dict[str, Rule]:
    """Return the rules that are checked, by name.

    :param select: names or patterns; empty for the rules that are on by default.
    :param ignore: names or patterns that are left out.
    :raises UnknownRuleError: a name is that of no rule.
    """
    known = known_rules()
    for pattern in (*select, *ignore):
        if not fnmatch.filter(known, pattern):
            raise UnknownRuleError(pattern)

    def matches(name: str, patterns: Sequence[str]) -> bool:
        return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)

    return {
        name: rule
        for name, rule in known.items()
        if (matches(name, select) if select else not rule.opt_in) and not matches(name, ignore)
    }


class _Run:
    """One run: what was found so far."""

    def __init__(
        self,
        rules: dict[str, Rule],
        options: Options,
        chosen: frozenset[str],
        *,
        is_plan: bool = False,
    ) -> None:
        self._is_plan = is_plan
        #: The tables that the checked revisions have made.
        self._made: set[str] = set()
        self._rules = rules
        self._options = options
        self._chosen = chosen
        self._found: dict[str, list[Finding]] = {}
        self.places: dict[Finding, Place] = {}
        self._is_only_dialect = True
        self._partly_known: list[PartlyKnown] = []
        self._statements = 0
        self._unread = 0

    def check(
        self,
        script: ScriptDirectory,
        ordered: Sequence[Script],
        target: Target,
        *,
        upgrades: bool = True,
        downgrades: bool = False,
    ) -> None:
        """Check the revisions for one database, in one direction or both."""
        schema = Schema()
        self._is_only_dialect = target.is_only_dialect
        last = max((at for at, s in enumerate(ordered) if s.revision in self._chosen), default=-1)
        needed = ordered[: last + 1]
        checked: list[tuple[Script, Step]] = []
        for revision, rendered in self._rendered(script, needed, target, is_upgrade=True):
            step = self._check_step(revision, rendered, schema, target, only_read=not upgrades)
            if step is not None:
                checked.append((revision, step))
        if branch_rule := self._rules.get("two-branches-one-table"):
            for revision, step, problem in branches.find(ordered, checked):
                self._add(step, branch_rule, problem, revision)
        if downgrades:
            downs = [s for s in reversed(needed) if s.revision in self._chosen]
            for revision, rendered in self._rendered(script, downs, target, is_upgrade=False):
                self._check_step(revision, rendered, schema, target)

    def _rendered(
        self,
        script: ScriptDirectory,
        revisions: Sequence[Script],
        target: Target,
        *,
        is_upgrade: bool,
    ) -> Iterator[tuple[Script, RenderedStep]]:
        current: list[Script] = []

        def steps() -> Iterator[RevisionStep]:
            for revision in revisions:
                try:
                    step = RevisionStep(script.revision_map, revision, is_upgrade)
                except (Exception, NeedsDatabaseError, SystemExit) as error:  # noqa: BLE001 - of the file
                    self._add_import_error(revision, error, is_upgrade)
                    continue
                current[:] = [revision]
                yield step

        for rendered in render(steps(), None, target.settings):
            yield current[0], rendered

    def _add_import_error(self, revision: Script, error: BaseException, is_upgrade: bool) -> None:
        if revision.revision not in self._chosen:
            return
        if not is_upgrade and isinstance(error, AttributeError):
            return  # no downgrade(): a rule of its own
        line = line_in((revision.path,), error)
        if isinstance(error, SyntaxError) and error.filename == revision.path:
            line = error.lineno
        what = f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"
        if isinstance(error, NeedsDatabaseError):
            what = f"the file {error}"
        self._add_finding("cannot-import", f"cannot import the file: {what}", revision, line)

    def _check_step(
        self,
        revision: Script,
        rendered: RenderedStep,
        schema: Schema,
        target: Target,
        *,
        only_read: bool = False,
    ) -> Step | None:
        """Apply the rules to a step, and return it; `None` if it only changes the schema."""
        server = target.server
        is_chosen = revision.revision in self._chosen and not only_read
        statements = [read_statement(s, server) for s in rendered.statements]
        source = Path(revision.path).read_bytes() if is_chosen else b""
        module = revision.module
        step = Step(rendered, statements, schema, server, source, module, target.settings.dialect)
        if not is_chosen:
            return None
        self._count(step, statements, target)
        for rule in self._rules.values():
            if rule.dialects and server.dialect not in rule.dialects:
                continue
            if not step.is_upgrade and not rule.in_downgrades:
                continue
            for problem in rule.check(step):
                self._add(step, rule, problem, revision)
        if server.dialect == "postgresql":
            for rule, problem in squawk.check(step, self._rules):
                self._add(step, rule, problem, revision)
        self._made.update(_made_by(step, self._made))
        return step

    def _count(self, step: Step, statements: Sequence[ReadStatement], target: Target) -> None:
        rendered = step.rendered
        self._statements += len(statements)
        self._unread += sum(bool(statement.unread) for statement in statements)
        if rendered.unrendered is None:
            code = next((read.statement for read in statements if read.runs_code), None)
            if code is not None:
                reason = "the statements of a block of code or a procedure were not read"
                self._add_partly_known(
                    PartlyKnown(
                        rendered.revision, rendered.path, code.line, reason, is_rest_checked=True
                    )
                )
            return
        reason, line = rendered.unrendered.reason, rendered.unrendered.line
        if reason.startswith("KeyError: ") and not target.is_env_used:
            # Most likely of an option that env.py passes to `configure()`.
            reason = f"the body raises {reason}, which may be because env.py was not used"
        if reason.startswith("the body "):
            calls = rendered.unrendered.calls
            self._add_partly_known(
                PartlyKnown(rendered.revision, rendered.path, line, reason, calls)
            )
            return
        self._found.setdefault(rendered.path, []).append(
            _runner_finding(
                "cannot-render",
                f"{'upgrade' if step.is_upgrade else 'downgrade'}() raises {reason}",
                rendered.path,
                line,
                rendered.revision,
            )
        )

    def _add_partly_known(self, step: PartlyKnown) -> None:
        if step not in self._partly_known:
            self._partly_known.append(step)

    def _add_finding(self, rule: str, message: str, revision: Script, line: int | None) -> None:
        finding = _runner_finding(rule, message, revision.path, line, revision.revision)
        if finding not in self._found.setdefault(revision.path, []):
            self._found[revision.path].append(finding)

    def _add(self, step: Step, rule: Rule, problem: Problem, revision: Script) -> None:
        at = problem.at
        if self._is_plan and at is not None and at.table_name in self._made:
            return
        effect = rule.effect if problem.effect is None else problem.effect
        if effect == Effect() and at is not None:
            effect = step.effect_of(at)
        finding = Finding(
            rule.name,
            problem.severity or rule.severity,
            problem.message,
            revision.path,
            at.statement.line if at is not None else problem.line,
            revision.revision,
            at.statement.sql.strip() if at is not None else "",
            effect,
            rule.hint if problem.hint is None else problem.hint,
        )
        if at is not None:
            self.places.setdefault(finding, Place(step, at, self._is_only_dialect))
        if finding not in self._found.setdefault(revision.path, []):
            self._found[revision.path].append(finding)

    def report(self, ordered: Sequence[Script], notes: Sequence[str]) -> Report:
        """Return what was found, without what comments and settings suppress."""
        options = self._options
        findings: list[Finding] = []
        suppressed = 0
        for revision in ordered:
            if revision.revision not in self._chosen:
                continue
            ignored = _ignored_in(revision.path, options.per_file_ignores)
            found = [
                finding
                for finding in self._found.get(revision.path, [])
                if finding.rule in self._rules and not ignored(finding.rule)
            ]
            suppressed += len(self._found.get(revision.path, [])) - len(found)
            kept, count = suppression.apply(
                found,
                suppression.read_ignores(Path(revision.path).read_bytes()),
                revision.path,
                revision.revision,
                require_reason=options.require_reason,
                selected=frozenset(self._rules),
                known=frozenset(known_rules()),
            )
            suppressed += count
            findings += sorted(kept, key=lambda finding: finding.line or 0)
        chosen = sum(revision.revision in self._chosen for revision in ordered)
        return Report(
            tuple(findings),
            chosen,
            self._statements,
            self._unread,
            tuple(self._partly_known),
            suppressed,
            tuple(notes),
        )


def _made_by(step: Step, made: Collection[str]) -> Iterator[str]:
    """Yield the tables that a step makes, or gives a name to that earlier steps have made."""
    for at in step.occurrences:
        change = at.change
        if at.is_rebuild or at.table_name is None:
            continue
        if change.kind == "create_table":
            yield at.table_name
        elif change.kind == "rename_table" and at.table_name in made and change.new_name:
            yield change.new_name


def _runner_finding(name: str, message: str, path: str, line: int | None, revision: str) -> Finding:
    rule = all_rules()[name]
    return Finding(name, rule.severity, message, path, line, revision, hint=rule.hint)


def _ignored_in(path: str, patterns: Mapping[str, tuple[str, ...]]) -> Callable[[str], bool]:
    relative = os.path.relpath(path)
    names = [
        name
        for pattern, rules in patterns.items()
        if fnmatch.fnmatch(relative, pattern) or fnmatch.fnmatch(os.path.basename(path), pattern)
        for name in rules
    ]
    return lambda rule: any(fnmatch.fnmatchcase(rule, name) for name in names)
