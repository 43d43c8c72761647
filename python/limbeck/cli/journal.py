"""`alembic log` and `alembic repair`: the journal of a database."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from limbeck import _core
from limbeck.journal import report
from limbeck.journal.checksums import last_entries
from limbeck.journal.tables import Entry, JournalTables
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from limbeck.config import Config
    from limbeck.runtime.migration import MigrationContext
    from limbeck.script.base import ScriptDirectory


def log_command(config: Config, json: bool = False, accept: str | None = None) -> None:
    """Print the journal; with `accept`, record the file of a revision as it is now."""
    entries: list[Entry] = []

    def read(context: MigrationContext, script: ScriptDirectory, tables: JournalTables) -> None:
        if accept is not None:
            _accept(context.connection, script, tables, accept)
        entries.extend(tables.read(context.connection))

    _with_journal(config, read)
    if accept is not None:
        return
    config.print_stdout(report.as_json(entries) if json else report.as_text(entries))


def _accept(
    connection: Connection, script: ScriptDirectory, tables: JournalTables, revision: str
) -> None:
    found = script.get_revision(revision)
    name = "" if found is None else found.revision
    entry = last_entries(tables.read(connection)).get(name)
    if found is None or entry is None:
        raise CommandError(f"The journal has no finished step of revision '{revision}'")
    entry.file_hash, entry.tree_hash = _core.Checksums([found.path]).of(found.path)
    tables.update(connection, entry)


def repair_command(
    config: Config, revision: str, mark_applied: bool = False, forget: bool = False
) -> None:
    """Settle a revision that a run has not finished, after its database was looked at."""
    if mark_applied == forget:
        raise CommandError(
            "Say what to do with the revision: --mark-applied, if all of it is in the database, or "
            "--forget, if nothing of it is"
        )

    def settle(context: MigrationContext, script: ScriptDirectory, tables: JournalTables) -> None:
        found = script.get_revision(revision)
        name = revision if found is None else found.revision
        own = [entry for entry in tables.read(context.connection) if entry.revision == name]
        entry = own[-1] if own else None
        if entry is None or entry.outcome not in ("running", "failed"):
            raise CommandError(f"The journal has no unfinished step of revision '{revision}'")
        if mark_applied:
            _apply_transition(context, script, entry)
        entry.outcome = "marked" if mark_applied else "forgotten"
        tables.delete_statements(context.connection, entry.id)
        tables.update(context.connection, entry)

    _with_journal(config, settle)


def _apply_transition(context: MigrationContext, script: ScriptDirectory, entry: Entry) -> None:
    """Change the version table as the step would have done."""
    from limbeck.runtime._version_rows import HeadMaintainer

    heads = context.get_current_heads()
    target = entry.revision if entry.direction == "upgrade" else f"{entry.revision}-1"
    plan = script._upgrade_revs if entry.direction == "upgrade" else script._downgrade_revs
    steps = plan(target, heads)
    if [step.revision.revision for step in steps] != [entry.revision]:
        raise CommandError(
            f"Revision '{entry.revision}' is not the next step of this database, which records "
            f"{', '.join(heads) or 'no revision'}"
        )
    HeadMaintainer(context, heads).update_to_step(steps[0])


def _with_journal(
    config: Config, use: Callable[[MigrationContext, ScriptDirectory, JournalTables], None]
) -> None:
    """Run env.py, and call a function in a transaction of its connection.

    :raises CommandError: the database has no journal.
    """
    from limbeck.runtime.environment import EnvironmentContext
    from limbeck.script.base import ScriptDirectory

    script = ScriptDirectory.from_config(config)

    def in_environment(rev: Any, context: MigrationContext) -> list[Any]:
        tables = JournalTables(context.version_table_schema, context.dialect)
        if not tables.exist(context.connection):
            raise CommandError(
                "This database has no journal\n\n"
                "hint: with `journal = true` under [limbeck], the next upgrade creates one"
            )
        with context.begin_transaction(_per_migration=True):
            use(context, script, tables)
            if context.dialect.name == "sqlite" and context._transaction is None:
                context.connection.connection.commit()
        return []

    with EnvironmentContext(config, script, fn=in_environment, dont_mutate=True):
        script.run_env()
