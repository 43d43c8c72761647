"""Templates on PostgreSQL, which copies databases itself."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from limbeck import short_cuts
from limbeck.scratch.names import new_name
from limbeck.scratch.servers import PostgresqlServer
from limbeck.testing.templates.postgresql_rows import Contents, end_sessions
from limbeck.testing.templates.templates import TemplateGone, Templates
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable

    from limbeck.scratch.servers import Execute, Session
    from limbeck.testing.templates.templates import Migrate, TemplateName

#: Settings whose value is a list of identifiers, which are quoted already.
_LISTS = ("search_path", "temp_tablespaces", "session_preload_libraries", "local_preload_libraries")
_T = TypeVar("_T")


class PostgresqlTemplates(Templates):
    """Copies by `CREATE DATABASE ... TEMPLATE`."""

    server: PostgresqlServer

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type] # the same ones
        #: What each copy had when it was new; `None` if it cannot be used again.
        self._contents: dict[str, Contents | None] = {}
        #: The copies that no test has, by the name of the template.
        self._idle: dict[str, list[str]] = {}
        self._templates: dict[str, str] = {}
        #: The session that restores a copy: a new one would take half of the time to start.
        self._sessions: dict[str, Session] = {}

    def find(self, name: TemplateName, not_before: float) -> str | None:
        return name.find(self.server.run(self.server.names), not_before)

    def begin(self, name: TemplateName) -> str:
        # A scratch database: if this process is killed, the next one drops it.
        built = new_name()
        self.server.run(lambda execute: self.server.make(built, execute))
        return built

    def finish(self, built: str, name: TemplateName) -> str:
        template = name.new()

        def run(execute: Execute) -> None:
            # CREATE DATABASE fails while a session uses its template.
            execute(f'ALTER DATABASE "{built}" WITH ALLOW_CONNECTIONS false')
            end_sessions(f"'{built}'", execute)
            execute(f'ALTER DATABASE "{built}" RENAME TO "{template}"')
            for outdated in name.outdated(self.server.names(execute)):
                execute(self.server.drop_statement(outdated))

        self.server.run(run)
        return template

    def copy(self, template: str, migrate: Migrate) -> str:
        while idle := self._idle.get(template):
            copy = idle.pop()
            if self._restore(copy):
                return copy
            self._drop(copy)
        copy = new_name()

        def run(execute: Execute) -> bool:
            if template not in self.server.names(execute):
                return False
            execute(f'CREATE DATABASE "{copy}" TEMPLATE "{template}"')
            for name, value in _settings(template, execute):
                execute(f'ALTER DATABASE "{copy}" SET {name} = {value}')
            return True

        if not self.server.run(run):
            raise TemplateGone
        self._templates[copy] = template
        self._contents[copy] = self._read(copy) if short_cuts.enabled else None
        return copy

    def discard(self, copy: str) -> None:
        if self._contents.get(copy) is None:
            self._drop(copy)
        else:
            self._idle.setdefault(self._templates[copy], []).append(copy)

    def close(self) -> None:
        for idle in self._idle.values():
            while idle:
                self._drop(idle.pop())

    def _read(self, copy: str) -> Contents | None:
        try:
            return self._run(Contents.read, copy)
        except CommandError:
            # Such as a table of another owner, or whose rows a policy hides.
            return None

    def _restore(self, copy: str) -> bool:
        contents = self._contents[copy]
        assert contents is not None  # it would not be idle
        try:
            return self._run(contents.restore, copy)
        except CommandError:
            # Such as a table of another owner, or a test has ended the session. A new copy has the right state in any case.
            return False

    def _run(self, work: Callable[[Execute], _T], copy: str) -> _T:
        if self.server.dialect.is_async:
            # Its connections belong to an event loop, and each call has its own.
            return self.server.run(work, copy)
        if copy not in self._sessions:
            self._sessions[copy] = self.server.session(copy)
        return self._sessions[copy].run(work)

    def _drop(self, copy: str) -> None:
        if session := self._sessions.pop(copy, None):
            with suppress(self.server.dialect.loaded_dbapi.Error):  # a test may have ended it
                session.close()
        self._contents.pop(copy, None)
        del self._templates[copy]
        self.server.drop(copy)


def _settings(database: str, execute: Execute) -> list[tuple[str, Any]]:
    """Return the names and values that `ALTER DATABASE ... SET` has set, which CREATE DATABASE does not copy."""
    found = execute(
        "SELECT unnest(s.setconfig) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase "
        f"WHERE s.setrole = 0 AND d.datname = '{database}'"
    )
    pairs = (row[0].partition("=") for row in found)
    return [(name, value if name in _LISTS else _literal(value)) for name, _, value in pairs]


def _literal(value: str) -> str:
    return "E'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
