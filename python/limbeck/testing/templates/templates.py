"""What the templates of all kinds of database have in common."""

from __future__ import annotations

import re
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from pathlib import Path

    from limbeck.scratch import ScratchDatabase

#: The beginning of the names of all databases that are made here, and of no others.
PREFIX = "limbeck_template_"
#: How many graphs of a project keep their templates.
KEPT_GRAPHS = 3
_NAME = re.compile(rf"{PREFIX}([0-9a-f]+)_(([0-9a-f]{{6}})_([0-9a-f]{{12}})_[0-9a-f]{{8}})")
#: Migrates a database of a given name, which is empty.
Migrate: TypeAlias = Callable[[str], None]


class TemplateName(NamedTuple):
    """What a template is called.

    :ivar project: a key of the project.
    :ivar graph: a key of what the migrations make.
    :ivar variant: a key of the database and of the revision.
    """

    project: str
    graph: str
    variant: str

    def new(self) -> str:
        """Return a name, of at most 63 characters, which begins with the time."""
        return f"{PREFIX}{int(time.time()):x}_{self._end}"

    def find(self, names: Iterable[str], not_before: float) -> str | None:
        """Return the newest one of several names that is this one.

        :param names: the names of databases.
        :param not_before: templates that are older than this time (of `time.time()`) are not looked at.
        """
        found = [made for made in map(_parse, names) if made is not None and made.end == self._end]
        newest = max(found, default=None)
        return newest.name if newest is not None and newest.time >= int(not_before) else None

    def outdated(self, names: Iterable[str]) -> list[str]:
        """Return those of several names that :meth:`find` would never return, and those of older graphs than the last few."""
        found = [made for made in map(_parse, names) if made is not None]
        own = sorted(made for made in found if made.project == self.project[:6])
        newest = {made.end: made for made in own}
        graphs = {made.graph: made.time for made in own}
        kept = sorted(graphs, key=lambda graph: graphs[graph])[-KEPT_GRAPHS:]
        return [made.name for made in own if made != newest[made.end] or made.graph not in kept]

    @property
    def _end(self) -> str:
        return f"{self.project[:6]}_{self.graph[:12]}_{self.variant[:8]}"


class _Made(NamedTuple):
    """What the name of a template says; the newest one sorts last."""

    time: int
    end: str
    project: str
    graph: str
    name: str


def _parse(name: str) -> _Made | None:
    match = _NAME.fullmatch(name)
    return match and _Made(int(match[1], 16), match[2], match[3], match[4], name)


class Templates(ABC):
    """The templates of one server.

    :param database: the scratch database that has replaced the configured one.
    :param folder: the folder for files.
    """

    def __init__(self, database: ScratchDatabase, folder: Path) -> None:
        self.server = database.server
        self.folder = folder

    @abstractmethod
    def find(self, name: TemplateName, not_before: float) -> str | None:
        """Return the full name of a template; `None` if there is none that is new enough (:meth:`TemplateName.find`)."""

    @abstractmethod
    def begin(self, name: TemplateName) -> str:
        """Make an empty database, and return its name."""

    @abstractmethod
    def finish(self, built: str, name: TemplateName) -> str:
        """Make such a database, which is migrated now, the template, and drop the outdated ones.

        :param built: what :meth:`begin` has returned.
        :param name: the name of the template.
        :return: the full name of the template.
        """

    @abstractmethod
    def copy(self, template: str, migrate: Migrate) -> str:
        """Return the name of a database that is like the template.

        :param template: the full name of a template.
        :param migrate: migrates a new database, where databases cannot be copied.
        :raises TemplateGone: the template was dropped in the meantime.
        """

    @abstractmethod
    def discard(self, copy: str) -> None:
        """Drop a copy, or keep it for the next test."""

    def close(self) -> None:  # noqa: B027 - most keep none
        """Drop the copies that are kept for this process only."""


class TemplateGone(Exception):
    """Another process has dropped the template, as one of an older graph."""


def templates_for(database: ScratchDatabase, folder: Path) -> Templates:
    """Return the templates for a database.

    :param database: the scratch database that has replaced the configured one.
    :param folder: the folder for files.
    """
    from limbeck.testing.templates.mysql import MysqlTemplates
    from limbeck.testing.templates.postgresql import PostgresqlTemplates
    from limbeck.testing.templates.sqlite import SqliteTemplates

    by_dialect: dict[str, type[Templates]] = {
        "postgresql": PostgresqlTemplates,
        "mysql": MysqlTemplates,
        "mariadb": MysqlTemplates,
        "sqlite": SqliteTemplates,
    }
    # The dialect has scratch databases, since there is one.
    return by_dialect[database.server.dialect.name](database, folder)
