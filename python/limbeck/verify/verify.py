"""Applies, reverts and applies revisions on a scratch database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from limbeck import _core
from limbeck.runtime._notices import quiet_runs
from limbeck.runtime._run import StepRun, line_in
from limbeck.runtime._steps import RevisionStep
from limbeck.runtime._version_rows import HeadMaintainer
from limbeck.runtime.environment import EnvironmentContext
from limbeck.scratch import scratch_databases
from limbeck.settings.database_url import configured_scratch_url
from limbeck.snapshot import Snapshot, compare, is_order_of_restored, take
from limbeck.snapshot.sqlite import Parsed
from limbeck.util import sqla_compat
from limbeck.util.exc import CommandError
from limbeck.verify.offline import offline_failure
from limbeck.verify.rows import add_rows, rows_of_file
from limbeck.verify.types import Finding, Phase, Report

if TYPE_CHECKING:
    from limbeck.config import Config
    from limbeck.runtime.migration import MigrationContext
    from limbeck.script._script import Script
    from limbeck.script.base import ScriptDirectory

#: What fails in a phase, unless it is the function of that name.
_WHAT = {"again": "the second upgrade()", "offline": "upgrade() with --sql"}


def verify(
    config: Config,
    script: ScriptDirectory,
    chosen: Collection[str],
    *,
    data: str | None = None,
    keep: bool = False,
    compares_models: bool = False,
) -> Report:
    """Apply all revisions on a scratch database, and revert and apply again those that are verified.

    :param config: the configuration.
    :param script: the script directory.
    :param chosen: the identifiers of the revisions that are verified.
    :param data: `auto` puts a generated row into each empty table before each verified revision; otherwise a file with statements
     (`rows_of_file`); `None` for no rows.
    :param keep: leave the scratch database, to look at it.
    :param compares_models: apply all revisions, so that the models can be compared; without it, they are if the last revision is chosen.
    :raises CommandError: there is no scratch database, or env.py runs no migrations.
    """
    ordered = list(script.walk_revisions())[::-1]
    rows = {} if data in (None, "auto") else rows_of_file(str(data), script)
    plan = _Plan(ordered, rows, has_generated_rows=data == "auto", compares_models=compares_models)
    runs: list[_Run] = []
    names: list[str] = []
    rest = [revision.revision for revision in ordered if revision.revision in chosen]
    while True:
        found, kept = _run_on_scratch(config, script, plan, rest, keep=keep)
        runs += found
        names += kept
        broken = [run.broken_at for run in found if run.broken_at in rest]
        if not broken:
            break
        # The rest is verified on a new database, on which the broken revision is only applied.
        rest = rest[min(map(rest.index, broken)) + 1 :]
        if not rest:
            break
    faulty = {finding.revision for run in runs for finding in run.findings}
    stopped = [run.stopped_at for run in runs if run.stopped_at is not None]
    return Report(
        tuple(dict.fromkeys(finding for run in runs for finding in run.findings)),
        # What one of several databases shows counts for all.
        tuple(dict.fromkeys(n for run in runs for n in run.verified if n not in faulty)),
        tuple(dict.fromkeys(found for run in runs for found in run.irreversible)),
        stopped[0] if stopped else None,
        tuple(names),
        tuple(dict.fromkeys(refused for run in runs for refused in run.refused)),
    )


class _Plan(NamedTuple):
    """What is the same for all databases of a verification.

    :ivar ordered: all revisions, parents first.
    :ivar rows: statements by the revision after which they are executed.
    :ivar has_generated_rows: whether empty tables get a row.
    :ivar compares_models: whether all revisions are applied, and the models compared.
    """

    ordered: list[Script]
    rows: Mapping[str, Sequence[str]]
    has_generated_rows: bool
    compares_models: bool


def _run_on_scratch(
    config: Config,
    script: ScriptDirectory,
    plan: _Plan,
    chosen: Collection[str],
    *,
    keep: bool,
) -> tuple[list[_Run], list[str]]:
    """Run env.py once, and return the verification of each of its databases, and the names of those that are kept."""
    runs: list[_Run] = []

    def run(rows: Any, context: MigrationContext) -> list[Any]:
        found = _Run(context, plan, chosen)
        runs.append(found)
        found.verify()
        return []

    with scratch_databases(keep=keep, url=configured_scratch_url(config)) as scratch, quiet_runs():
        with EnvironmentContext(config, script, fn=run, destination_rev="heads"):
            script.run_env()
        names = scratch.names if keep else []
    if not runs:
        raise CommandError(f"{script.env_py_location} runs no migrations")
    return runs, names


class _Failed(Exception):
    """A function of a revision has failed, so that later revisions cannot be verified on this database."""


class _Run:
    """The verification of one database.

    :param context: the context of env.py, with a connection to a scratch database.
    :param plan: what is the same for all databases.
    :param chosen: the identifiers of the revisions that are verified.
    """

    def __init__(self, context: MigrationContext, plan: _Plan, chosen: Collection[str]) -> None:
        self._context = context
        self._plan = plan
        self._ordered = plan.ordered
        self._chosen = chosen
        self._maintainer = HeadMaintainer(context, ())
        self._parsed: Parsed = {}
        self.findings: list[Finding] = []
        self.verified: list[str] = []
        self.irreversible: list[tuple[str, str]] = []
        #: The tables that have refused a generated row, with the reasons.
        self.refused: list[str] = []
        #: The revision whose first upgrade has failed, so that no later one can be reached.
        self.stopped_at: str | None = None
        #: The revision that has gone up, but not down and up again.
        self.broken_at: str | None = None

    def verify(self) -> None:
        """Go through the revisions."""
        last = max(
            (n for n, s in enumerate(self._ordered) if s.revision in self._chosen), default=-1
        )
        if self._plan.compares_models:
            last = len(self._ordered) - 1
        self._use_own_transactions()
        before: Snapshot | None = None
        for revision in self._ordered[: last + 1]:
            try:
                if revision.revision in self._chosen:
                    self._add_generated_rows()
                    before = self._verify_revision(revision, before or self._snapshot())
                else:
                    self._do(revision, "upgrade")
                    before = None
                self._add_rows_of_file(revision)
            except _Failed:
                if self.findings[-1].phase == "upgrade":
                    self.stopped_at = revision.revision
                else:
                    self.broken_at = revision.revision
                return
        if last == len(self._ordered) - 1:
            self._compare_models()

    def _use_own_transactions(self) -> None:
        context = self._context
        if context._in_external_transaction:
            return
        context._transaction_per_migration = True
        if context._transaction is not None:
            context._transaction.commit()
            context._transaction = None

    def _verify_revision(self, revision: Script, before: Snapshot) -> Snapshot:
        """Apply a revision, revert it and apply it again, and return the catalog afterwards.

        :param before: the catalog before.
        """
        found = len(self.findings)
        self._do(revision, "upgrade")
        self._render_offline(revision)
        after = self._snapshot()
        reason = getattr(revision.module, "irreversible", None) or None  # also of `False`
        if reason is None:
            reason = self._do(revision, "downgrade")
        if reason is not None:
            self.irreversible.append((revision.revision, str(reason)))
            return after
        reverted = self._snapshot()
        for difference in compare(before, reverted):
            if is_order_of_restored(difference, after):
                continue
            self._add(revision, "downgrade", f"after downgrade(), {difference}")
        self._do(revision, "again")
        again = self._snapshot()
        for difference in compare(after, again):
            self._add(revision, "again", f"after the second upgrade(), {difference}")
        if len(self.findings) == found:
            self.verified.append(revision.revision)
        return again

    def _do(self, revision: Script, phase: Phase) -> str | None:
        """Run one step. Return the reason if its downgrade() says that it cannot be reverted, otherwise `None`.

        :raises _Failed: it fails.
        """
        context = self._context
        # A run remembers the types that it has made; a downgrade would be another run.
        context.impl.memo.clear()
        try:
            step = RevisionStep(context.script.revision_map, revision, phase != "downgrade")  # type: ignore[union-attr] # commands have one
            run = StepRun(context, self._maintainer, step, [step], context._run_arguments, _ignore)
            run.attempt()
        except NotImplementedError as error:
            if phase == "downgrade" and not _is_of_library(error):
                return str(error) or "downgrade() raises NotImplementedError"
            self._fail(revision, phase, error)
        except Exception as error:  # noqa: BLE001 - of the revision: it is the finding
            self._fail(revision, phase, error)
        return None

    def _render_offline(self, revision: Script) -> None:
        step = RevisionStep(self._context.script.revision_map, revision, is_upgrade=True)  # type: ignore[union-attr] # commands have one
        error = offline_failure(self._context, step)
        if error is not None:
            self._add_failure(revision, "offline", error)

    def _fail(self, revision: Script, phase: Phase, error: Exception) -> None:
        self._add_failure(revision, phase, error)
        raise _Failed

    def _add_failure(self, revision: Script, phase: Phase, error: Exception) -> None:
        first = str(error).strip().partition("\n")[0]
        what = _WHAT.get(phase, f"{phase}()")
        self._add(
            revision,
            phase,
            f"{what} fails: {type(error).__name__}: {first}",
            line_in((str(revision.path),), error),
        )

    def _add(self, revision: Script, phase: Phase, message: str, line: int | None = None) -> None:
        if line is None:
            line = _line_of(revision, "downgrade" if phase == "downgrade" else "upgrade")
        self.findings.append(Finding(phase, message, revision.revision, str(revision.path), line))

    def _snapshot(self) -> Snapshot:
        connection = self._context.connection
        with sqla_compat._ensure_scope_for_ddl(connection):
            return take(connection, (self._context.version_table,), self._parsed)

    def _add_generated_rows(self) -> None:
        if self._plan.has_generated_rows:
            connection = self._context.connection
            with sqla_compat._ensure_scope_for_ddl(connection):
                self.refused += add_rows(connection, self._context.version_table)

    def _add_rows_of_file(self, revision: Script) -> None:
        statements = self._plan.rows.get(revision.revision, ())
        if not statements:
            return
        connection = self._context.connection
        with sqla_compat._ensure_scope_for_ddl(connection):
            for statement in statements:
                try:
                    connection.execute(text(statement.replace(":", "\\:")))
                except SQLAlchemyError as error:
                    # Without the statement, which has the values of rows.
                    reason = str(getattr(error, "orig", None) or error).partition("\n")[0]
                    raise CommandError(
                        f"Cannot put rows in after revision {revision.revision}: {reason}"
                    ) from error

    def _compare_models(self) -> None:
        """Compare the models with what the revisions have made, as `check` does."""
        metadata = self._context.opts.get("target_metadata")
        if metadata is None:
            return
        from limbeck.autogenerate import compare_metadata

        for difference in compare_metadata(self._context, metadata):
            self.findings.append(Finding("models", f"the models differ: {_describe(difference)}"))


def _describe(difference: Any) -> str:
    """Return a difference of autogenerate in one line: what to do, and the names of the objects."""
    if isinstance(difference, list):
        return "; ".join(map(_describe, difference))
    words: list[str] = []
    for part in difference:
        if part is None or isinstance(part, dict):
            continue
        table = getattr(part, "table", None)
        name = getattr(part, "name", part)
        if table is not None:
            words = [word for word in words if word != table.name]
            name = f"{table.name}.{name}"
        words.append(str(name))
    return " ".join(words)


def _is_of_library(error: NotImplementedError) -> bool:
    """Return whether limbeck or SQLAlchemy has raised an error, such as for an ALTER that SQLite does not have."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    module = "" if traceback is None else traceback.tb_frame.f_globals.get("__name__", "")
    return module.partition(".")[0] in ("limbeck", "alembic", "sqlalchemy")


def _line_of(revision: Script, function: str) -> int | None:
    code = getattr(getattr(revision.module, function, None), "__code__", None)
    try:
        with open(revision.path, "rb") as file:
            body = _core.read_body(file.read(), function)
    except OSError:
        return None
    if body is not None:
        return body.line
    return None if code is None else code.co_firstlineno  # of a file that the engine does not parse


def _ignore(waits_for: tuple[str, ...]) -> None:
    """Ignore the sessions that a statement waits for: a scratch database has none."""
