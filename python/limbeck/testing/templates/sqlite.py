"""Templates for SQLite: files that are copied."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from limbeck.testing.templates.templates import TemplateGone, Templates

if TYPE_CHECKING:
    from limbeck.testing.templates.templates import Migrate, TemplateName

_SUFFIX = ".db"


class SqliteTemplates(Templates):
    """Copies a file."""

    def find(self, name: TemplateName, not_before: float) -> str | None:
        return name.find(self._names(), not_before)

    def begin(self, name: TemplateName) -> str:
        return self.server.create()

    def finish(self, built: str, name: TemplateName) -> str:
        template = name.new()
        path = self._path(template)
        temporary = f"{path}.{os.getpid()}.tmp"
        # Not a copy of the file: a pool of env.py may keep its connection, and a part of the database in another file (WAL).
        with closing(sqlite3.connect(built)) as source, closing(sqlite3.connect(temporary)) as to:
            source.backup(to)
        os.replace(temporary, path)
        for outdated in name.outdated(self._names()):
            os.unlink(self._path(outdated))
        self.server.drop(built)
        return template

    def copy(self, template: str, migrate: Migrate) -> str:
        copy = self.server.create()
        try:
            shutil.copyfile(self._path(template), copy)
        except FileNotFoundError:
            self.server.drop(copy)
            raise TemplateGone from None
        return copy

    def discard(self, copy: str) -> None:
        self.server.drop(copy)

    def _names(self) -> list[str]:
        return [path.stem for path in self.folder.glob(f"*{_SUFFIX}")]

    def _path(self, template: str) -> str:
        return str(self.folder / f"{template}{_SUFFIX}")
