"""Writes what a range of revisions makes as the body of one revision."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from limbeck.drift.states import revisions_snapshot
from limbeck.snapshot import Snapshot, compare, is_order_of_restored
from limbeck.snapshot.types import Object
from limbeck.squashing import mysql, postgresql, postgresql_unseen, sqlite
from limbeck.squashing.alterations import Alteration, find_alterations
from limbeck.squashing.body import Body
from limbeck.squashing.contents import Rows, read_rows
from limbeck.squashing.part import STAGES, Part, by_object, definitions
from limbeck.squashing.rows import insert_rows
from limbeck.squashing.source import Renderer, joined, run
from limbeck.squashing.states import ends_of, on_scratch
from limbeck.squashing.survival import lost_rows
from limbeck.squashing.tables import Tables
from limbeck.squashing.trial import HINT, Step, choose, refusal, snapshot_of
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from limbeck.config import Config
    from limbeck.runtime.migration import MigrationContext
    from limbeck.script._script import Script
    from limbeck.script.base import ScriptDirectory

_Result = TypeVar("_Result")


class _Reader(NamedTuple):
    """How the databases of a dialect are read.

    :ivar parts: yields the parts.
    :ivar unseen: returns descriptions of what no snapshot shows.
    """

    parts: Callable[[MigrationContext, Snapshot, Renderer], Iterator[Part]]
    unseen: Callable[[Connection], set[str]]


_READERS = {
    **dict.fromkeys(("mysql", "mariadb"), _Reader(mysql.read_parts, mysql.read_unseen)),
    "postgresql": _Reader(postgresql.read_parts, postgresql_unseen.read_unseen),
    "sqlite": _Reader(sqlite.read_parts, sqlite.read_unseen),
}


class _State(NamedTuple):
    """A database, as it is before or after the range.

    :ivar dialect: SQLAlchemy's name of its dialect.
    :ivar snapshot: its catalog.
    :ivar parts: its parts, by their objects.
    :ivar imports: the import lines that their sources need.
    :ivar unseen: what else it has, which no part makes.
    :ivar inserts: the sources that insert its rows, if they are kept.
    :ivar contents: the rows, if they are kept.
    """

    dialect: str
    snapshot: Snapshot
    parts: Mapping[Object, Part]
    imports: tuple[str, ...]
    unseen: frozenset[str]
    inserts: Mapping[Object, str]
    contents: Mapping[str, Rows]


def write_schema(
    config: Config,
    script: ScriptDirectory,
    revisions: Collection[Script],
    *,
    keep_data: bool = False,
) -> Body:
    """Return the body of a revision that makes the schema that a range of revisions makes.

    The range is built on a scratch database. What is written is run on another one, and has to make the same catalog; its
    `downgrade()` has to make the catalog that was before.

    :param config: the configuration.
    :param script: the script directory.
    :param revisions: the revisions of the range.
    :param keep_data: also insert the rows that the range inserts; otherwise they are left out.
    :raises CommandError: no scratch database can be made, or something cannot be written, which the message lists.
    """
    ends = ends_of(revisions)

    def on_new(targets: tuple[str, ...], work: Callable[[MigrationContext], _Result]) -> _Result:
        return on_scratch(config, script, targets, work)

    def read(context: MigrationContext) -> _State:
        return _read_state(context, keep_data)

    before, after = on_new(ends.before, read), on_new((ends.last,), read)
    changes = _changes(before, after)
    altered: list[Alteration] = []
    imports = {*before.imports, *after.imports}
    if changes.tables:
        metadata = revisions_snapshot(config, script, (ends.last,), reflects=True).metadata
        assert metadata is not None, "it was asked for"

        def alter(context: MigrationContext) -> None:
            renderer = Renderer(context)
            altered.extend(find_alterations(context, metadata, changes.tables, renderer))
            imports.update(renderer.imports)

        on_new(ends.before, alter)
    steps = _steps(changes, altered)
    ordered = choose(
        steps, after.snapshot, tuple(imports), lambda attempt: on_new(ends.before, attempt)
    )
    origin = f"# Written from a {before.dialect} database."
    body = Body(
        joined([origin, joined(step.source for step in ordered) or "pass"]),
        joined(step.down for step in reversed(ordered)) or "pass",
        tuple(sorted(imports)),
    )
    problems = on_new(ends.before, lambda context: list(_problems(body, context, before, after)))
    if not problems and any(name.kind == "table" for name in before.snapshot.objects):
        snapshots = before.snapshot, after.snapshot
        problems += lost_rows(config, script, ends, body, snapshots)
    if problems:
        raise CommandError(refusal(problems))
    return body


def _read_state(context: MigrationContext, keeps_rows: bool) -> _State:
    dialect = context.dialect.name
    if dialect not in _READERS:
        raise CommandError(
            f"The schema of {dialect} cannot be written; that of {', '.join(sorted(_READERS))} can\n\n{HINT}"
        )
    connection = context.connection
    assert connection is not None, "an online context has one"
    reader = _READERS[dialect]
    snapshot = snapshot_of(context)
    renderer = Renderer(context)
    parts = by_object(reader.parts(context, snapshot, renderer))
    unseen = frozenset(reader.unseen(connection))
    inserts: Mapping[Object, str] = {}
    contents: Mapping[str, Rows] = {}
    if keeps_rows:
        names = [name.table for name in snapshot.objects if name.kind == "table"]
        inserts = insert_rows(connection, Tables(context, renderer, names).sorted, renderer)
        contents = read_rows(connection, snapshot)
    return _State(dialect, snapshot, parts, renderer.imports, unseen, inserts, contents)


class _Changes(NamedTuple):
    """The difference of two states.

    :ivar gone: the parts that are dropped, or replaced.
    :ivar made: the parts that are made.
    :ivar tables: the tables that change.
    :ivar dropped: the sources that drop constraints of these, and add them again.
    :ivar added: the sources that add constraints to these, and drop them.
    """

    gone: list[Part]
    made: list[Part]
    tables: set[Object]
    dropped: dict[Object, tuple[str, str]]
    added: dict[Object, tuple[str, str]]


def _changes(before: _State, after: _State) -> _Changes:
    """Return the difference of two states.

    :raises CommandError: no part makes an object that differs.
    """
    old, new = (definitions(state.parts, state.snapshot) for state in (before, after))
    tables = {
        name for name in old if name.kind == "table" and old[name] != new.get(name, old[name])
    }
    gone = [name for name in old if old[name] != new.get(name) and name not in tables]
    made = [name for name in new if new[name] != old.get(name) and name not in tables]
    missing = [str(name) for name in made if name not in after.parts]
    missing += (str(name) for name in gone if name not in before.parts)
    missing += sorted(before.unseen ^ after.unseen)
    missing += (
        f"the changed rows of {name.table}"
        for name, source in before.inserts.items()
        if source != after.inserts.get(name) and name.kind == "rows"
    )
    if missing:
        raise CommandError(refusal(missing))
    return _Changes(
        [before.parts[name] for name in gone],
        [*(after.parts[name] for name in made), *_row_parts(before, after)],
        tables,
        {
            name: (drop, add)
            for table in tables
            for name, (add, drop) in before.parts[table].constraints.items()
            if old[table][name] != new[table].get(name)
        },
        {
            name: sources
            for table in tables
            for name, sources in after.parts[table].constraints.items()
            if new[table][name] != old[table].get(name)
        },
    )


def _steps(changes: _Changes, altered: Iterable[Alteration]) -> list[Step]:
    """Return the steps that make a difference, most of them in an order in which they work."""
    gone, made = ({part.object for part in parts} for parts in (changes.gone, changes.made))
    return [
        *(
            Step(part.object, ("" if part.table in gone else part.drop,), part.create[-1])
            for part in sorted(changes.gone, key=_stage, reverse=True)
        ),
        *(Step(name, (up,), down) for name, (up, down) in changes.dropped.items()),
        *(Step(change.table, (change.up,), change.down) for change in altered),
        *(Step(name, (up,), down) for name, (up, down) in changes.added.items()),
        *(
            Step(part.object, part.create, "" if part.table in made else part.drop)
            for part in sorted(changes.made, key=_stage)
        ),
    ]


def _row_parts(before: _State, after: _State) -> Iterator[Part]:
    for name, source in after.inserts.items():
        if source == before.inserts.get(name):
            continue
        is_old = Object(name.table, "table") in before.snapshot.objects
        drop = f"op.execute(sa.delete(sa.table({name.table!r})))" if is_old else ""
        yield Part(name, "rows", (source,), drop)


def _stage(part: Part) -> int:
    return STAGES.index(part.stage)


def _problems(
    body: Body, context: MigrationContext, before: _State, after: _State
) -> Iterator[str]:
    """Run the functions of a body, and yield what they do not make as the old revisions do."""
    assert context.connection is not None, "an online context has one"
    run(body.upgrade, body.imports, context)
    made = snapshot_of(context)
    for difference in compare(after.snapshot, made):
        yield f"after upgrade(), {difference}"
    found = read_rows(context.connection, made) if after.contents else {}
    for table, rows in after.contents.items():
        if rows.without(set()) != found[table].without(set()):
            yield f"after upgrade(), the rows of {table} differ"
    run(body.downgrade, body.imports, context)
    for difference in compare(before.snapshot, snapshot_of(context)):
        if is_order_of_restored(difference, made):
            continue
        yield f"after downgrade(), {difference}"
