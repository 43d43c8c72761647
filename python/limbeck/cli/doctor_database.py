"""`limbeck doctor --database`: shows which database env.py uses, and proposes the settings that name it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from limbeck import _core
from limbeck.runtime._expected_database import expected_database
from limbeck.settings.database_url import read_env_file
from limbeck.settings.limbeck_section import URL_VARIABLE
from limbeck.state.errors import DatabaseError
from limbeck.state.source import may_name_version_table
from limbeck.state.sqlalchemy_readers import driver_errors_translated, name_for_messages
from limbeck.state.status import open_script
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy.engine import URL

    from limbeck.config import Config
    from limbeck.runtime.migration import MigrationContext
    from limbeck.script import ScriptDirectory


class UsedDatabase(NamedTuple):
    """A database that env.py has used.

    :ivar url: the URL of its engine, with the password.
    :ivar schema: the schema of the version table, or the default schema of the session.
    :ivar version_table: the version table.
    :ivar version_table_schema: its schema, if env.py gives it.
    :ivar difference: how `database_url` differs; `None` if it does not, or is not set.
    """

    url: URL
    schema: str | None
    version_table: str
    version_table_schema: str | None
    difference: str | None


class Proposal(NamedTuple):
    """The settings that name a database.

    :ivar options: the options of `[limbeck]`; in an ini file, other percent signs than that of `%(here)s` are doubled.
    :ivar notes: what else is needed.
    """

    options: dict[str, str]
    notes: list[str]


def used_databases(
    config: Config,
    script: ScriptDirectory,
    read: Callable[[MigrationContext], object] = lambda context: None,
) -> list[UsedDatabase]:
    """Run env.py, and return the databases that it uses. Nothing is changed.

    :param read: called with the context of each database.
    :raises CommandError: env.py runs no migrations.
    """
    from limbeck.runtime.environment import EnvironmentContext

    expected = expected_database(config, script, None)
    found: list[UsedDatabase] = []

    def look(rev: Any, context: MigrationContext) -> list[Any]:
        connection = context.connection
        difference = None
        try:
            if expected is not None:
                expected.check_connection(connection)
                expected.check_version_table(context)
        except CommandError as error:
            difference = str(error).partition("\n")[0]
        schema = context.version_table_schema or context.dialect.default_schema_name
        table = (context.version_table, context.version_table_schema)
        found.append(UsedDatabase(connection.engine.url, schema, *table, difference))
        read(context)
        return []

    with (
        driver_errors_translated(None),
        EnvironmentContext(config, script, fn=look, as_sql=False, dont_mutate=True) as environment,
    ):
        environment._expected_database = None  # a difference is reported, not raised
        script.run_env()
    if not found:
        raise CommandError(
            "env.py ended without calling context.run_migrations(), so its database is not known"
        )
    return found


def propose(
    used: UsedDatabase, environ: Mapping[str, str], *, here: str | None, names_table: bool
) -> Proposal:
    """Return the settings that name a database, without its password.

    :param used: the database.
    :param environ: the environment variables, of which some may have the URL or its parts.
    :param here: the folder that `%(here)s` stands for; `None` if the file has no such reference.
    :param names_table: whether the settings have to name the version table, even if it is the default.
    """
    notes: list[str] = []
    url = _whole(used.url, environ) or _parts(used.url, environ, here, notes)
    options = {} if url is None else {"database_url": url}
    if names_table or used.version_table != "alembic_version" or used.version_table_schema:
        options["version_table"] = used.version_table
        if used.version_table_schema:
            options["version_table_schema"] = used.version_table_schema
    return Proposal(options, notes)


def _whole(url: URL, environ: Mapping[str, str]) -> str | None:
    """Return a reference to the variable that has the whole URL; another driver is no difference."""
    from sqlalchemy import exc, make_url

    same_driver, other_driver = [], []
    for name, value in sorted(environ.items()):
        try:
            candidate = make_url(value) if "://" in value else None
        except (exc.ArgumentError, ValueError):
            continue
        if candidate == url:
            same_driver.append(name)
        elif (
            candidate is not None
            and candidate.set(drivername=url.drivername) == url
            and candidate.get_backend_name() == url.get_backend_name()
        ):
            other_driver.append(name)
    found = [*same_driver, *other_driver]
    return f"${{{found[0]}}}" if found else None


#: Words in the name of a variable with a part of a URL.
_WORDS = {
    "username": ("USER", "LOGIN"),
    "password": ("PASS", "PWD", "SECRET"),
    "host": ("HOST", "SERVER", "ADDR"),
    "port": ("PORT",),
    "database": ("DB", "DATABASE", "NAME"),
}


def _parts(url: URL, environ: Mapping[str, str], here: str | None, notes: list[str]) -> str | None:
    """Return a URL with references to the variables that have its parts; the password is never written.

    :param notes: gets what else is needed.
    :return: `None` if no setting can name this URL.
    """
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, here)
    if any("pass" in key.lower() or key == "odbc_connect" for key in url.query):
        notes.append(f"the options of the URL may have a password: set {URL_VARIABLE} instead")
        return None
    password = str(url.password) if url.password is not None else None
    variable = _variable("password", password, environ, None)
    if password is not None and quote(password, safe="") != password:
        notes.append(
            "the password has characters that a URL needs percent-encoded: "
            f"set {URL_VARIABLE}, or another variable with the whole URL"
        )
        return None
    if password is not None and variable is None:
        variable = "DATABASE_PASSWORD"
        notes.append(f"no environment variable has the password: set {variable}")
    marks = {}
    for part, value in (
        ("username", url.username),
        ("host", url.host),
        ("port", url.port),
        ("database", url.database),
    ):
        text = None if value is None else str(value)
        name = _variable(part, text, environ, variable)
        encoded = quote(text or "", safe="") if part == "username" else text or ""
        marks[part] = f"${{{name}}}" if name and encoded == text else encoded.replace("$", "$$")
    host = f"[{marks['host']}]" if ":" in (url.host or "") else marks["host"]
    login = marks["username"] + (f":${{{variable}}}" if variable else "")
    at = f"{login}@" if login else ""
    port = f":{marks['port']}" if marks["port"] else ""
    options = url.set(username=None, password=None, host=None, port=None, database=None)
    query = options.render_as_string(hide_password=False).partition("?")[2].replace("$", "$$")
    tail = f"?{query}" if query else ""
    return f"{url.drivername}://{at}{host}{port}/{marks['database']}{tail}"


def _variable(
    part: str, value: str | None, environ: Mapping[str, str], neighbour: str | None
) -> str | None:
    """Return the variable whose value is a part of the URL and whose name suits it; `None` if there is none.

    :param neighbour: a variable with another part; a name with the same beginning is preferred.
    """
    if not value:
        return None
    words = _WORDS[part]
    names = [
        name
        for name, content in environ.items()
        if content == value and any(word in name.upper() for word in words)
    ]
    beginning = (neighbour or "").partition("_")[0]
    names.sort(key=lambda name: (not name.startswith(beginning), name))
    return names[0] if names else None


def _sqlite(url: URL, here: str | None) -> str | None:
    path = url.database
    if not path or path == ":memory:" or path.startswith("file:"):
        return None
    absolute = os.path.abspath(path)
    if here is not None and os.path.dirname(absolute).startswith(here):
        relative = os.path.relpath(absolute, here).replace("$", "$$")
        return f"sqlite:///%(here)s/{relative}"
    return f"sqlite:///{absolute}".replace("$", "$$")


def report(config: Config, script: ScriptDirectory, environ: Mapping[str, str]) -> str:
    """Run env.py, and return the report.

    :raises CommandError: env.py runs no migrations.
    """
    found = used_databases(config, script)
    lines = []
    for used in dict.fromkeys(found):
        lines.append(f"env.py uses the {name_for_messages(used.url)}")
        lines.append(f"  driver: {used.url.drivername}")
        lines.append(f"  schema: {used.schema or '(none)'}")
        lines.append(f"  version table: {used.version_table}")
        if used.difference is not None:
            lines.append(f"  but {used.difference}")
    if len(found) > 1:
        lines += [
            "",
            f"env.py runs migrations {len(found)} times. `database_url` names one database only: `status` and `wait`",
            "are about that one, and `--if-behind` always runs env.py.",
        ]
        return "\n".join(lines)
    return "\n".join([*lines, "", *_proposal_lines(config, script, found[0], environ)])


def _proposal_lines(
    config: Config, script: ScriptDirectory, used: UsedDatabase, environ: Mapping[str, str]
) -> list[str]:
    name = config.config_file_name
    is_ini = name is not None and os.path.exists(name)
    here = os.path.dirname(os.path.abspath(name or "")) if is_ini else None
    proposal = propose(used, environ, here=here, names_table=may_name_version_table(script))
    lines = []
    if proposal.options:
        file = os.path.basename(name or "") if is_ini else "pyproject.toml"
        lines += [f"Settings for {file}:", "", "[limbeck]" if is_ini else "[tool.limbeck]"]
        for option, value in proposal.options.items():
            in_ini = value.replace("%", "%%").replace("%%(here)s", "%(here)s")
            lines.append(f"{option} = {in_ini if is_ini else json.dumps(value)}")
        lines.append("")
    lines += [f"note: {note}" for note in proposal.notes]
    if "database_url" not in proposal.options and not proposal.notes:
        lines.append("note: no setting can name this database, which belongs to one process")
    lines.append(_outlook(script, used))
    return lines


def _outlook(script: ScriptDirectory, used: UsedDatabase) -> str:
    """Return which commands will do without env.py, once the settings are there."""
    try:
        _core.store_route(used.url.render_as_string(hide_password=False))
    except DatabaseError as error:
        return f"`status` and `wait` then use SQLAlchemy, and `--if-behind` env.py, because {error.message}"
    env = read_env_file(script.env_py_location)
    reason = "env.py cannot be opened" if env is None else env.doubt
    if reason is not None:
        return (
            f"`status` and `wait` then do without env.py; `--if-behind` runs it, because {reason}"
        )
    return "`status`, `wait` and `upgrade --if-behind` then do without env.py."


def print_report(config: Config) -> None:
    """Print the report about the database of env.py."""
    config.print_stdout("%s", report(config, open_script(config), os.environ))
