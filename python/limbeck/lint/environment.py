"""Runs env.py without a database, for the options that it configures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from threading import get_ident
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from limbeck.lint.step import Server
from limbeck.rendered_plan import Settings
from limbeck.rendered_plan.engine import recording_engine
from limbeck.rendered_plan.no_database import no_database
from limbeck.rendered_plan.recorder import NeedsDatabaseError, Recorder
from limbeck.runtime._notices import quiet_runs
from limbeck.runtime.environment import EnvironmentContext
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Connection, Dialect

    from limbeck.config import Config
    from limbeck.script.base import ScriptDirectory

#: The oldest versions that are still maintained.
_OLDEST = {"postgresql": (14,), "mysql": (8, 0), "mariadb": (10, 6), "sqlite": (3, 35)}


class Target(NamedTuple):
    """A database of the project, as env.py configures it.

    :ivar settings: how steps are rendered.
    :ivar server: the server that the rules assume.
    :ivar is_env_used: whether env.py has configured it.
    :ivar is_only_dialect: whether env.py configures no other dialect.
    """

    settings: Settings
    server: Server
    is_env_used: bool = True
    is_only_dialect: bool = True


def targets(
    config: Config, script: ScriptDirectory, dialect: str | None, version: str | None
) -> tuple[list[Target], list[str]]:
    """Return the databases for which env.py runs migrations, and notes for the reader.

    :param config: the configuration.
    :param script: the directory of env.py.
    :param dialect: a dialect that replaces that of env.py.
    :param version: the version of the server.
    :raises CommandError: the dialect is unknown, or env.py does not name one.
    """
    address, other = _parse_dialect(dialect) if dialect is not None else (None, None)
    found, problems = _run(config, script)
    notes: list[str] = []
    is_env_used = bool(found)
    dialects = {settings.dialect.name for settings in found}
    if not found and other is None:
        raise CommandError(
            f"Cannot run {script.env_py_location} without a database: {'; '.join(problems)}\n\n"
            "hint: name the database with --dialect, for instance --dialect postgresql; env.py is then "
            "optional"
        )
    if not found:
        assert address is not None
        assert other is not None
        notes.append(f"env.py was not used: {'; '.join(problems)}")
        # For bodies that use `alembic.context`.
        environment = EnvironmentContext(config, script, as_sql=False, fn=_no_steps)
        found = [Settings(other, address, environment=environment)]
    elif other is not None:
        assert address is not None
        options = {k: v for k, v in found[0].options.items() if k != "transactional_ddl"}
        found = [replace(found[0], dialect=other, url=address, options=options)]
    is_only = len(dialects | {settings.dialect.name for settings in found}) == 1
    return [Target(s, server_of(s, version), is_env_used, is_only) for s in found], notes


def _parse_dialect(name: str) -> tuple[URL, Dialect]:
    try:
        address = make_url(f"{name}://")
        return address, address.get_dialect()()
    except (ArgumentError, NoSuchModuleError, ImportError):
        raise CommandError(
            f"--dialect: there is no dialect '{name}'\n\n"
            "hint: for instance postgresql, mysql, mariadb or sqlite"
        ) from None


def server_of(settings: Settings, version: str | None) -> Server:
    """Return the server that statements are for.

    :param settings: how steps are rendered.
    :param version: its version, such as `16` or `10.11-MariaDB`; `None` for the oldest that is still maintained.
    :raises CommandError: the version does not begin with a number.
    """
    dialect: Any = settings.dialect
    is_mariadb = bool(getattr(dialect, "is_mariadb", False)) or "mariadb" in (version or "").lower()
    numbers = _parse_version(version) if version else ()
    default = _OLDEST.get("mariadb" if is_mariadb else dialect.name, ())
    transactional = settings.options.get("transactional_ddl")
    if transactional is None:
        transactional = dialect.name not in ("mysql", "mariadb", "sqlite", "oracle")
    return Server(
        "mysql" if dialect.name == "mariadb" else dialect.name,
        numbers or default,
        is_mariadb,
        bool(transactional),
        dialect.paramstyle,
    )


def _parse_version(version: str) -> tuple[int, ...]:
    match = re.match(r"\d{1,4}(\.\d{1,6}){0,3}", version.strip())
    if match is None:
        raise CommandError(f"--server-version: '{version}' does not begin with a number")
    return tuple(int(part) for part in match[0].split("."))


def _run(config: Config, script: ScriptDirectory) -> tuple[list[Settings], list[str]]:
    """Run env.py as for a database, else as for a script, and return what it configured; else why it could not."""
    problems: list[str] = []
    for as_sql in (False, True):
        found: list[Settings] = []
        environment = _recording_environment(config, script, found, as_sql=as_sql)
        try:
            with environment, _engines_without_database(), quiet_runs():
                script.run_env()
        except (Exception, NeedsDatabaseError, SystemExit) as error:  # noqa: BLE001 - of the project's code
            what = f"it {error}" if isinstance(error, NeedsDatabaseError) else _describe(error)
            if what not in problems:
                problems.append(what)
            continue
        if found:
            # For bodies that ask whether the run is offline.
            environment.context_opts["as_sql"] = False
            return found, []
        problems.append("it runs no migrations")
    return [], problems


def _describe(error: BaseException) -> str:
    text = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _no_steps(rev: Any, context: Any) -> list[Any]:
    return []


def _recording_environment(
    config: Config, script: ScriptDirectory, found: list[Settings], *, as_sql: bool
) -> EnvironmentContext:
    """Return an environment that adds what env.py configures to a list, and runs nothing."""
    environment = EnvironmentContext(config, script, as_sql=as_sql, fn=_no_steps)

    def keep_settings(**arguments: Any) -> None:
        context = environment.get_context()
        if context.connection is not None and not context.as_sql:
            found.append(Settings.of(context, arguments))
            return
        options = {
            **context.opts,
            "literal_binds": False,
            "transaction_per_migration": context._transaction_per_migration,
            "transactional_ddl": context.impl.transactional_ddl,
        }
        url = make_url(f"{context.dialect.name}://")
        found.append(Settings(context.dialect, url, options, environment, arguments))

    # On this object only: a subclass would not be the class that `alembic.context` leads to.
    environment.run_migrations = keep_settings  # type: ignore[method-assign] # see above
    environment.begin_transaction = nullcontext  # type: ignore[method-assign] # see above
    return environment


@contextmanager
def _engines_without_database() -> Iterator[None]:
    """Within the block, engines of this thread connect to no database; a question to one raises `NeedsDatabaseError`."""
    thread = get_ident()
    connect = Engine.connect
    recorder = Recorder()

    def connect_nowhere(self: Engine) -> Connection:
        if get_ident() != thread:
            return connect(self)
        return connect(recording_engine(self.dialect, self.url, recorder))

    # A `do_connect` listener could not answer the questions with which SQLAlchemy begins a connection.
    Engine.connect = connect_nowhere  # type: ignore[method-assign] # until the end of the block
    try:
        with no_database():
            yield
    finally:
        Engine.connect = connect  # type: ignore[method-assign] # the original
