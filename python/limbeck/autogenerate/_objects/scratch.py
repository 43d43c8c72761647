"""Makes the models and the declarations on a scratch database, and reads what the server made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import MetaData, text
from sqlalchemy.exc import SQLAlchemyError

from limbeck.autogenerate._objects.files import config_of
from limbeck.autogenerate._objects.objects import Item, Key, Objects
from limbeck.autogenerate._objects.operations import as_text
from limbeck.autogenerate._objects.readers import reader_for
from limbeck.autogenerate._objects.statements import Declaration
from limbeck.runtime._notices import quiet_runs
from limbeck.scratch import scratch_beside
from limbeck.scratch.models import create_models
from limbeck.settings.database_url import configured_scratch_url
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from limbeck.autogenerate.context import AutogenContext

_MODELS = "The tables of the models"


class Declared(NamedTuple):
    """What the declarations make.

    :ivar objects: the objects.
    :ivar replaceable: the functions that the server accepts in place of those of the live database, and the other way round.
    """

    objects: Objects
    replaceable: set[Key]


class _Work(NamedTuple):
    """Something to make on the scratch database.

    :ivar place: where it is declared.
    :ivar make: makes it.
    """

    place: str
    make: Callable[[], Any]


def declared_objects(
    context: AutogenContext,
    declarations: Sequence[Declaration],
    live: Objects,
    borrowed: Iterable[Key],
    setup: Sequence[str],
) -> Declared:
    """Return what the models and the declarations make on a scratch database.

    :param context: the state of this run; its connection is not used meanwhile.
    :param declarations: the declarations.
    :param live: the objects of the live database.
    :param borrowed: those of them that may be made on the scratch database if a declaration needs them.
    :param setup: statements to execute first.
    :raises CommandError: something cannot be made.
    """
    with _connection(context) as connection:
        scratch = _Scratch(connection, context._metadatas)
        for statement in setup:
            scratch.execute(statement)
        names = {declaration.name for declaration in declarations}
        spare = [
            live.items[key] for key in live.sorted(borrowed) if _bare(key).upper() not in names
        ]
        used = scratch.make(declarations, spare)
        reader = reader_for(connection)
        objects = reader.read()
        for key in used:
            objects.items.pop(key, None)
        scratch.check_views(objects, declarations)
        reader.read_needs(objects)
        return Declared(objects, scratch.replaceable(live, objects))


def _bare(key: Key) -> str:
    return key.name.partition("(")[0].partition(" ON ")[0].rpartition(".")[2].strip('"`')


@contextmanager
def _connection(context: AutogenContext) -> Iterator[Connection]:
    """Open a connection to a scratch database on the server of a context."""
    assert context.connection is not None
    config = config_of(context)
    url = None if config is None else configured_scratch_url(config)
    # A failed statement is undone by a savepoint, which needs a transaction.
    level = "READ COMMITTED" if context.dialect.name == "postgresql" else "AUTOCOMMIT"
    with (
        scratch_beside(context.connection, url, isolation_level=level) as connection,
        quiet_runs(),
    ):
        yield connection


class _Scratch:
    """A scratch database.

    :param connection: a connection to it.
    :param models: the models.
    """

    def __init__(self, connection: Connection, models: Sequence[MetaData]) -> None:
        self._connection = connection
        self._models = models

    def execute(self, statement: str) -> None:
        """Execute a statement as `op.execute()` does."""
        self._connection.execute(text(as_text(statement)))

    def _execute_all(self, statements: Iterable[str]) -> None:
        for statement in statements:
            self.execute(statement)

    def make(self, declarations: Iterable[Declaration], spare: list[Item]) -> list[Key]:
        """Make the models and the declarations in an order that works.

        :param declarations: the declarations.
        :param spare: objects that are made if nothing else can be.
        :return: the spare objects that were made.
        :raises CommandError: something cannot be made.
        """
        pending = [
            _Work(_MODELS, partial(create_models, self._connection, metadata))
            for metadata in self._models
        ]
        pending += [_Work(one.place, partial(self.execute, one.sql)) for one in declarations]
        used: list[Key] = []
        while pending:
            failed: list[tuple[_Work, SQLAlchemyError]] = []
            for work in pending:
                if (error := self._attempt(work.make)) is not None:
                    failed.append((work, error))
            if len(failed) == len(pending):
                made = self._make_spare(spare)
                if not made:
                    raise _error(*failed[0])
                used += made
            pending = [work for work, _ in failed]
        return used

    def _make_spare(self, spare: list[Item]) -> list[Key]:
        made = []
        for item in list(spare):
            if self._attempt(partial(self._execute_all, item.create)) is None:
                spare.remove(item)
                made.append(item.key)
        return made

    def check_views(self, objects: Objects, declarations: Iterable[Declaration]) -> None:
        """Check that views can be read, which SQLite does not do when it makes them.

        :raises CommandError: one cannot be.
        """
        if self._connection.dialect.name != "sqlite":
            return
        places = {one.name: one.place for one in declarations}
        for key in objects.items:
            if key.kind == "view":
                read = partial(self.execute, f"SELECT 1 FROM {key.name} LIMIT 0")
                if (error := self._attempt(read)) is not None:
                    raise _error(_Work(places.get(_bare(key).upper(), str(key)), read), error)

    def replaceable(self, live: Objects, declared: Objects) -> set[Key]:
        """Return the functions that the server replaces by the other side's, in both directions."""
        found: set[Key] = set()
        for key in live.items.keys() & declared.items.keys():
            if key.kind not in ("function", "procedure"):
                continue
            old, new = live.items[key], declared.items[key]
            if old.compared != new.compared and self._accepts([*old.create, *new.create]):
                found.add(key)
        return found

    def _accepts(self, statements: list[str]) -> bool:
        def execute() -> None:
            # The tables that a body of the live database uses may be others.
            self.execute("SET LOCAL check_function_bodies = off")
            self._execute_all(statements)

        return self._attempt(execute) is None

    def _attempt(self, make: Callable[[], Any]) -> SQLAlchemyError | None:
        """Make something, or nothing of it where DDL has savepoints."""
        is_postgresql = self._connection.dialect.name == "postgresql"
        try:
            with self._connection.begin_nested() if is_postgresql else nullcontext():
                make()
        except SQLAlchemyError as error:
            return error
        return None


def _error(work: _Work, error: SQLAlchemyError) -> CommandError:
    reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
    hint = (
        "what the models need has to be declared in `sql_objects`"
        if work.place == _MODELS
        else "a declaration may use the models, other declarations, and what the database has"
    )
    return CommandError(
        f"{work.place} cannot be made on a scratch database: {reason}\n\nhint: {hint}"
    )
