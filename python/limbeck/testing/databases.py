"""Migrates a database once, and gives each test a copy."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from limbeck.runtime._notices import quiet_runs
from limbeck.runtime.environment import EnvironmentContext
from limbeck.scratch import Key, Scratch, scratch_databases
from limbeck.script.base import ScriptDirectory
from limbeck.testing.graph_key import graph_key, project_key
from limbeck.testing.logs import logging_restored
from limbeck.testing.templates import TemplateGone, TemplateName, Templates, templates_for
from limbeck.util._event_loop import outside_of_loop
from limbeck.util._file_lock import FileLock
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy.engine import URL
    from typing_extensions import Self

    from limbeck.config import Config

#: The pause until a worker looks again whether another one has built the template, in seconds.
_PAUSE = 0.05


class MigratedDatabase:
    """A database for one test, or several databases if env.py migrates several.

    :ivar urls: the URLs with their passwords, by the names of the databases in env.py.
    """

    def __init__(
        self, project: _Project, copies: Mapping[Key, str], urls: Mapping[str, URL]
    ) -> None:
        self._project = project
        self._copies = copies
        self.urls = {name: url.render_as_string(hide_password=False) for name, url in urls.items()}

    @property
    def url(self) -> str:
        """The URL of the database, with its password.

        :raises CommandError: env.py migrates several databases.
        """
        if len(self.urls) != 1:
            raise CommandError(
                f"env.py migrates {len(self.urls)} databases: {', '.join(self.urls)}\n\n"
                "hint: take the URL of one of them from `urls`"
            )
        return next(iter(self.urls.values()))

    def upgrade(self, revision: str = "heads") -> None:
        """Apply revisions, as `alembic upgrade` does.

        :param revision: the target.
        """
        self._project.upgrade(self._copies, revision)

    def downgrade(self, revision: str) -> None:
        """Revert revisions, as `alembic downgrade` does.

        :param revision: the target.
        """
        self._project.downgrade(self._copies, revision)


class MigratedDatabases:
    """The migrated databases of a project. The first one for a revision is migrated, the others are copies.

    To be closed at the end, for instance as a context manager; otherwise the next run drops what is left.

    :param config: the configuration; env.py sees it.
    :param folder: the folder for the files of templates and locks, which the processes of a test run share, and which a later run finds
     again.
    :param not_before: migrate again if the template of an earlier run is older than this time, as `time.time()` returns it.
    """

    def __init__(self, config: Config, folder: Path, *, not_before: float = 0) -> None:
        self._project = _Project(config)
        self._folder = folder
        self._not_before = not_before
        self._found: dict[str, dict[Key, str]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Drop what is kept for the next test. The templates stay for the next run."""
        # A property of an object that was never used would connect.
        if "_templates" in vars(self):
            for templates in self._templates.values():
                templates.close()

    @contextmanager
    def database(self, revision: str = "heads") -> Iterator[MigratedDatabase]:
        """Within the block, a database that was migrated to a revision, and which nobody else uses.

        :param revision: an identifier as `alembic upgrade` takes it, or `base` for an empty database.
        :raises CommandError: env.py, a revision, or the server does not work.
        """
        with ExitStack() as discards:
            copies: dict[Key, str] = {}
            for key, templates in self._templates.items():
                copies[key] = self._copy(key, templates, revision)
                discards.callback(templates.discard, copies[key])
            urls = self._project.urls(copies)
            yield MigratedDatabase(self._project, copies, urls)

    def _copy(self, key: Key, templates: Templates, revision: str) -> str:
        def migrate(name: str) -> None:
            self._project.upgrade({key: name}, revision)

        for _ in range(2):
            try:
                return templates.copy(self._ensure(revision)[key], migrate)
            except TemplateGone:
                self._found.pop(revision, None)
        raise CommandError("Other test runs drop the template databases while they are used")

    @cached_property
    def _templates(self) -> dict[Key, Templates]:
        self._folder.mkdir(parents=True, exist_ok=True)
        found = self._project.configured
        return {
            key: templates_for(found.databases[key], self._folder)
            for key in sorted(found.databases)
        }

    @cached_property
    def _key(self) -> str:
        return project_key(self._project.script, self._folder)

    @cached_property
    def _graph(self) -> str:
        return graph_key(self._project.config, self._project.script)

    def _name(self, key: Key, revision: str) -> TemplateName:
        database = self._project.configured.databases[key]
        dialect = database.server.dialect
        # A single database may be another one in each run, such as a file in a temporary folder.
        which = key if len(self._templates) > 1 else (dialect.name, dialect.driver)
        variant = _digest(which, dialect.server_version_info, revision)
        return TemplateName(self._key, self._graph, variant)

    def _ensure(self, revision: str) -> Mapping[Key, str]:
        """Return the names of the templates of a revision. One process builds them, the others wait."""
        if revision in self._found:
            return self._found[revision]
        names = {key: self._name(key, revision) for key in self._templates}
        name = _digest(self._key, revision)[:16]
        lock = FileLock(str(self._folder / f"{name}.lock"))
        try:
            while not lock.try_acquire():
                time.sleep(_PAUSE)
            found = {
                key: self._templates[key].find(name, self._not_before)
                for key, name in names.items()
            }
            complete = {key: name for key, name in found.items() if name is not None}
            if len(complete) < len(names):
                complete = self._build(names, revision)
        finally:
            lock.close()
        self._found[revision] = complete
        return complete

    def _build(self, names: Mapping[Key, TemplateName], revision: str) -> dict[Key, str]:
        built = {}
        with ExitStack() as discards:
            for key, name in names.items():
                built[key] = self._templates[key].begin(name)
                discards.callback(self._templates[key].server.drop, built[key])
            self._project.upgrade(built, revision)
            discards.pop_all()
        return {key: self._templates[key].finish(built[key], name) for key, name in names.items()}


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


class _Project:
    """Runs the project's env.py on given databases."""

    def __init__(self, config: Config) -> None:
        self.config = config
        #: The databases that were in use so far, by name. A test may have led the settings that env.py reads to one of them.
        self._stands_for: dict[str, Key] = {}

    @cached_property
    def script(self) -> ScriptDirectory:
        return ScriptDirectory.from_config(self.config)

    @cached_property
    def configured(self) -> Scratch:
        """What replaces each database to which env.py connects; these replacements are dropped already."""

        def no_steps(rows: Any, context: Any) -> list[Any]:
            return []

        scratch = self._run({}, no_steps, "heads")
        if not scratch.databases:
            raise CommandError(f"{self.script.env_py_location} connects to no database")
        return scratch

    def urls(self, copies: Mapping[Key, str]) -> dict[str, URL]:
        """Return the URLs of copies, by the names of the databases that they replace."""
        found: dict[str, URL] = {}
        for key, copy in copies.items():
            self._stands_for[copy] = key
            database = self.configured.databases[key]
            if database.engine_url is None:
                raise CommandError("env.py connects without an engine, so that there is no URL")
            found[database.engine_url.database or ""] = database.server.url_for(
                database.engine_url, copy
            )
        return found

    def upgrade(self, databases: Mapping[Key, str], revision: str) -> None:
        if revision != "base":
            self._run(
                databases, lambda rows, _: self.script._upgrade_revs(revision, rows), revision
            )

    def downgrade(self, databases: Mapping[Key, str], revision: str) -> None:
        self._run(databases, lambda rows, _: self.script._downgrade_revs(revision, rows), revision)

    def _run(self, databases: Mapping[Key, str], plan: Callable[..., Any], target: str) -> Scratch:
        def run() -> Scratch:
            with (
                scratch_databases(existing=databases, stands_for=self._stands_for) as scratch,
                quiet_runs(),
                logging_restored(),
                EnvironmentContext(self.config, self.script, fn=plan, destination_rev=target),
            ):
                self.script.run_env()
            return scratch

        scratch = outside_of_loop(run)
        if databases.keys() - scratch.databases.keys():
            raise CommandError(
                f"{self.script.env_py_location} does not connect to the database any more to which it connected first\n\n"
                "hint: env.py has to read the same settings during the whole test run"
            )
        return scratch
