"""Work on scratch databases that revisions have migrated."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from sqlalchemy.exc import DBAPIError

from limbeck.drift.states import upgrade_to
from limbeck.runtime._notices import quiet_runs
from limbeck.runtime.environment import EnvironmentContext
from limbeck.scratch import scratch_databases
from limbeck.settings.database_url import configured_scratch_url
from limbeck.util import sqla_compat
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.config import Config
    from limbeck.runtime.migration import MigrationContext
    from limbeck.script._script import Script
    from limbeck.script.base import ScriptDirectory

_Result = TypeVar("_Result")
_HINT_WITHOUT_DATABASE = (
    "hint: if the revisions need tables that something else makes, use --mode concat without --verify, which needs no "
    "database"
)


class Ends(NamedTuple):
    """The ends of a range.

    :ivar before: the revisions on which it stands; none at the base.
    :ivar last: its last revision.
    """

    before: tuple[str, ...]
    last: str


def ends_of(revisions: Collection[Script]) -> Ends:
    """Return the ends of a range.

    :param revisions: its revisions, in any order. Exactly one of them is the parent of no other.
    :raises CommandError: there is no such revision, or more than one.
    """
    names = {revision.revision for revision in revisions}
    parents = [name for revision in revisions for name in revision._all_down_revisions]
    last = names - set(parents)
    if len(last) != 1:
        raise CommandError(f"A range has one last revision; this one has {len(last)}")
    before = (name for name in dict.fromkeys(parents) if name not in names)
    return Ends(tuple(before), last.pop())


class ScratchProject:
    """A project whose database is a scratch database.

    :param config: the configuration.
    :param script: the script directory.
    """

    def __init__(self, config: Config, script: ScriptDirectory) -> None:
        self._config = config
        self._script = script

    def upgrade(self, targets: Sequence[str]) -> None:
        """Upgrade the database to targets; none leaves it as it is.

        :raises CommandError: the database refuses a statement.
        """
        try:
            upgrade_to(self._config, self._script, targets)
        except DBAPIError as error:
            lines = (str(error.orig), *error.__dict__.get("__notes__", ())[:1])
            raise CommandError(
                "The revisions do not run on a scratch database:\n"
                + "".join(f"  {line}\n" for line in lines)
                + f"\n{_HINT_WITHOUT_DATABASE}"
            ) from error

    def call(self, work: Callable[[MigrationContext], _Result]) -> _Result:
        """Call a function with a context, in a transaction where the database has transactions of DDL, and return its result.

        :raises CommandError: env.py does not migrate exactly one database.
        """
        found: list[_Result] = []

        def run(rows: Any, context: MigrationContext) -> list[Any]:
            # The first commits the rows of MySQL, the second what env.py has no transaction for.
            with (
                context.begin_transaction(_per_migration=True),
                sqla_compat._ensure_scope_for_ddl(context.connection),
            ):
                found.append(work(context))
            return []

        with EnvironmentContext(self._config, self._script, fn=run, dont_mutate=True):
            self._script.run_env()
        if len(found) != 1:
            raise CommandError(
                f"{self._script.env_py_location} migrates {len(found)} databases; the schema of exactly one can be written"
            )
        return found[0]


@contextmanager
def scratch_project(config: Config, script: ScriptDirectory) -> Iterator[ScratchProject]:
    """Within the block, the database of a project is an empty scratch database.

    :param config: the configuration.
    :param script: the script directory.
    :raises CommandError: no scratch database can be made.
    """
    with scratch_databases(url=configured_scratch_url(config)), quiet_runs():
        yield ScratchProject(config, script)


def on_scratch(
    config: Config,
    script: ScriptDirectory,
    targets: Sequence[str],
    work: Callable[[MigrationContext], _Result],
) -> _Result:
    """Upgrade a scratch database, and return what a function makes of it.

    :param config: the configuration.
    :param script: the script directory.
    :param targets: the targets to upgrade to; none leaves the database as env.py makes it.
    :param work: gets a context with a connection.
    :raises CommandError: no scratch database can be made, the revisions do not run on it, or env.py does not
        migrate exactly one database.
    """
    with scratch_project(config, script) as project:
        project.upgrade(targets)
        return project.call(work)
