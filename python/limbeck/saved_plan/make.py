"""Makes a plan for the databases that env.py migrates. Nothing is changed, and no revision runs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect
from sqlalchemy.exc import NoSuchTableError

from limbeck.execution.options import options_of
from limbeck.lint.environment import Target, server_of
from limbeck.lint.output.paths import relative
from limbeck.lint.run import Options, check_target
from limbeck.rendered_plan import RenderedStatement, RenderedStep, Settings, render
from limbeck.rendered_plan.no_database import no_database
from limbeck.runtime.environment import EnvironmentContext
from limbeck.saved_plan.identity import identify
from limbeck.saved_plan.losses import Contents
from limbeck.saved_plan.row_estimates import estimate_rows
from limbeck.saved_plan.transactions import Transactions
from limbeck.saved_plan.types import DatabasePlan, Direction, Plan, Statement, Step, Unknown
from limbeck.saved_plan.values import as_json_value
from limbeck.script.base import ScriptDirectory
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.config import Config
    from limbeck.lint.finding import Finding
    from limbeck.lint.step import Server
    from limbeck.runtime._steps import RevisionStep
    from limbeck.runtime.migration import MigrationContext
    from limbeck.saved_plan.types import Loss


def make_plan(
    config: Config,
    target: str,
    direction: Direction = "upgrade",
    *,
    tag: str | None = None,
    lint: Options | None = None,
) -> Plan:
    """Return the plan from where the databases stand to a target.

    env.py runs, and the bodies of the pending revisions are called twice, with a connection that has no database.

    :param config: the configuration.
    :param target: the target, as `upgrade` or `downgrade` take it.
    :param direction: the direction.
    :param tag: the value of `get_tag_argument()` in env.py.
    :param lint: how the pending revisions are checked; `None` for not at all.
    :raises CommandError: the target cannot be reached, or env.py runs no migrations.
    """
    script = ScriptDirectory.from_config(config)
    plans: list[DatabasePlan] = []

    def plan(rows: Any, context: MigrationContext) -> list[Any]:
        steps = steps_to(script, target, direction, rows)
        planned = Planned(config, context, rows, steps)
        plans.append(planned.plan(target, direction, lint))
        return []

    with EnvironmentContext(
        config, script, fn=plan, destination_rev=target, tag=tag, dont_mutate=True
    ):
        script.run_env()
    if not plans:
        raise CommandError(f"{script.env_py_location} runs no migrations")
    now = datetime.now(timezone.utc).replace(microsecond=0)
    return Plan(now.isoformat(), hash_of(script.env_py_location), tuple(plans))


def steps_to(
    script: ScriptDirectory, target: str, direction: Direction, rows: Iterable[str]
) -> list[RevisionStep]:
    """Return the steps from rows of the version table to a target.

    :raises CommandError: it cannot be reached.
    """
    plan = script._upgrade_revs if direction == "upgrade" else script._downgrade_revs
    return list(plan(target, tuple(rows)))


def hash_of(path: str) -> str:
    """Return the SHA-256 of a file; empty if it cannot be read."""
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return ""


class Planned:
    """The steps of a run that has not begun.

    :param config: the configuration.
    :param context: the context of env.py, with its connection.
    :param rows: the rows of the version table.
    :param steps: the steps.
    """

    def __init__(
        self,
        config: Config,
        context: MigrationContext,
        rows: Iterable[str],
        steps: Sequence[RevisionStep],
    ) -> None:
        self._config = config
        self._context = context
        self._rows = tuple(sorted(rows))
        self._steps = steps
        self._arguments: Mapping[str, Any] = context._run_arguments
        self._settings = self._settings_of_run()

    def _settings_of_run(self) -> Settings:
        """Return the settings, with a transaction for each revision if an option of the project requires that."""
        settings = Settings.of(self._context, self._arguments)
        options = options_of(self._config)
        whole = options.sqlite_transactional_ddl and self._context.dialect.name == "sqlite"
        changed: dict[str, Any] = {"transactional_ddl": True} if whole else {}
        if whole or options.limits.lock_retries:
            changed["transaction_per_migration"] = True
        return replace(settings, options={**settings.options, **changed})

    @property
    def server(self) -> Server:
        """The server, with its version."""
        version = self._context.connection.dialect.server_version_info
        text = ".".join(str(part) for part in version or () if isinstance(part, int))
        return server_of(self._settings, text or None)

    def render(self) -> list[RenderedStep]:
        """Return the steps with their statements. The bodies are called."""
        with no_database():  # once, not for each body
            return list(render(self._steps, self._rows, self._settings))

    def plan(self, target: str, direction: Direction, lint: Options | None = None) -> DatabasePlan:
        """Return the plan, with everything that a reader may want to know.

        :param target: the target as the user named it.
        :param direction: the direction.
        :param lint: how the steps are checked; `None` for not at all.
        """
        rendered, again = self.render(), self.render()
        contents = self._contents()
        losses = contents.read_all(rendered)
        return replace(
            self.plan_of(rendered, target, direction, again),
            losses=losses,
            findings=() if lint is None else self._findings(direction, lint),
            tables=tuple(estimate_rows(self._context.connection, contents.touched)),
        )

    def plan_of(
        self,
        rendered: Sequence[RenderedStep],
        target: str,
        direction: Direction,
        again: Sequence[RenderedStep] | None = None,
    ) -> DatabasePlan:
        """Return the plan of rendered steps, without losses, findings and estimates, which are only for a reader.

        :param rendered: the steps.
        :param target: the target as the user named it.
        :param direction: the direction.
        :param again: the same steps, rendered a second time, to find what varies; `None` if nothing has to be found.
        """
        return DatabasePlan(
            database=identify(self._context.connection),
            version_table=self._version_table,
            rows=self._rows,
            creates_version_table=not self._context._has_version_table(),
            direction=direction,
            target=target,
            steps=self._as_steps(rendered, rendered if again is None else again),
        )

    def losses(self, rendered: Sequence[RenderedStep]) -> tuple[Loss, ...]:
        """Return what rendered steps destroy."""
        return self._contents().read_all(rendered)

    def _contents(self) -> Contents:
        def columns(table: str) -> list[str]:
            schema, _, name = table.rpartition(".")
            try:
                found = inspect(self._context.connection).get_columns(name, schema or None)
            except NoSuchTableError:
                return []
            return [column["name"] for column in found]

        return Contents(self.server, columns)

    @property
    def _version_table(self) -> str:
        schema = self._context.version_table_schema
        return f"{schema}.{self._context.version_table}" if schema else self._context.version_table

    def _findings(self, direction: Direction, lint: Options) -> tuple[Finding, ...]:
        script = self._context.script
        assert script is not None, "commands have one"
        chosen = frozenset(step.revision.revision for step in self._steps)
        target = Target(self._settings, self.server)
        report = check_target(script, chosen, target, lint, is_upgrade=direction == "upgrade")
        return tuple(replace(f, path=relative(f.path)) for f in report.findings)

    def _as_steps(
        self, rendered: Sequence[RenderedStep], again: Sequence[RenderedStep]
    ) -> tuple[Step, ...]:
        """Return rendered steps as a plan file has them.

        :param rendered: the steps.
        :param again: the same steps, rendered a second time: what differs between the two varies.
        """
        transactional = bool(self._settings.options["transactional_ddl"])
        transactions = Transactions(self.server, transactional_ddl=transactional)
        return tuple(
            Step(
                first.revision,
                (getattr(step.revision, "doc", None) or "").partition("\n")[0],
                relative(first.path),
                hash_of(first.path),
                _statements(first.statements, second.statements, transactions),
                _statements(first.version_statements, second.version_statements, transactions),
                _unknown(first),
            )
            for step, first, second in zip(self._steps, rendered, again, strict=True)
        )


def _unknown(step: RenderedStep) -> Unknown | None:
    unrendered = step.unrendered
    if unrendered is None:
        return None
    return Unknown(unrendered.line, unrendered.reason, unrendered.calls)


def _statements(
    first: Sequence[RenderedStatement],
    second: Sequence[RenderedStatement],
    transactions: Transactions,
) -> tuple[Statement, ...]:
    found = []
    for statement, other in zip_longest(first, second):
        if statement is None:
            break
        sql, parameters = _text_and_values(statement)
        found.append(
            Statement(
                sql,
                parameters,
                _directive(statement),
                statement.line,
                transactions.number(statement),
                statement.is_conditional,
                other is None or (sql, parameters) != _text_and_values(other),
            )
        )
    return tuple(found)


def _text_and_values(statement: RenderedStatement) -> tuple[str, Any]:
    values = as_json_value(statement.parameters) if statement.parameters else None
    return statement.sql.strip(), values


def _directive(statement: RenderedStatement) -> str:
    """Return the name of a statement's directive, such as `create_table`."""
    operation = statement.operation
    if operation is None:
        return ""
    name = type(operation).__name__.removesuffix("Op")
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")
