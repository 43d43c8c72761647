"""The tests of `pytest --verify-migrations`: one for each revision, and one for the models."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from limbeck.script.base import ScriptDirectory
from limbeck.testing.logs import logging_restored
from limbeck.util._file_lock import FileLock
from limbeck.util._files import write_file
from limbeck.verify import verify
from limbeck.verify.output import finding_line
from limbeck.verify.types import Finding, Report

if TYPE_CHECKING:
    from limbeck.config import Config
    from limbeck.script._script import Script

#: Seconds after which the report of a run is removed.
_OLD = 24 * 3600.0


class _Failed(Exception):
    """Some findings; its message has a line for each."""


class _Migrations(pytest.Collector):
    """The tests of one project."""

    def __init__(self, *, alembic: Config, folder: Path, **others: Any) -> None:
        super().__init__(**others)
        self.alembic = alembic
        self.folder = folder
        self._report: Report | None = None

    def collect(self) -> list[pytest.Item]:
        """Return the tests in the order in which the revisions are applied."""
        made: list[pytest.Item] = [
            _RevisionItem.from_parent(self, name=revision.revision, revision=revision)
            for revision in revisions(self.alembic)
        ]
        return [*made, _ModelsItem.from_parent(self, name="models")]

    def report(self) -> Report:
        """Return the report about all revisions, which the first process that needs it makes."""
        if self._report is None:
            run = getattr(self.config, "workerinput", {}).get("testrunuid")
            self._report = self._verify() if run is None else self._shared(run)
        return self._report

    def _verify(self) -> Report:
        script = ScriptDirectory.from_config(self.alembic)
        revisions = [revision.revision for revision in script.walk_revisions()]
        with logging_restored():
            return verify(self.alembic, script, revisions)

    def _shared(self, run: str) -> Report:
        for old in self.folder.glob("verify_*"):
            if old.stat().st_mtime < time.time() - _OLD:
                old.unlink(missing_ok=True)
        path = self.folder / f"verify_{run}.json"
        lock = FileLock(f"{path}.lock")
        try:
            while not lock.try_acquire():
                time.sleep(0.05)
            if not path.exists():
                write_file(str(path), json.dumps(asdict(self._verify())))
            return _report_of(json.loads(path.read_text(encoding="utf-8")))
        finally:
            lock.close()


class _Item(pytest.Item):
    """A test, which fails if there are findings."""

    def findings(self, report: Report) -> list[Finding]:
        """Return the findings that make the test fail."""
        raise NotImplementedError

    def runtest(self) -> None:
        """Look into the report."""
        assert isinstance(self.parent, _Migrations)
        report = self.parent.report()
        if found := self.findings(report):
            raise _Failed("\n".join(map(finding_line, found)))
        if reason := self.reason_to_skip(report):
            pytest.skip(reason)

    def reason_to_skip(self, report: Report) -> str | None:
        """Return why nothing can be said, if there are no findings."""
        return f"nothing was verified after {report.stopped_at}" if report.stopped_at else None

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        """Return the findings without a traceback, which would be of limbeck."""
        if isinstance(excinfo.value, _Failed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)


class _RevisionItem(_Item):
    """A revision goes up, down and up again."""

    def __init__(self, *, revision: Script, **others: Any) -> None:
        super().__init__(**others)
        self.revision = revision

    def findings(self, report: Report) -> list[Finding]:
        """Return the findings of the revision."""
        return [f for f in report.findings if f.revision == self.revision.revision]

    def reason_to_skip(self, report: Report) -> str | None:
        """Return why it cannot be reverted, or was not reached."""
        if self.revision.revision in report.verified:
            return None
        reason = dict(report.irreversible).get(self.revision.revision)
        return f"irreversible: {reason}" if reason else super().reason_to_skip(report)

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        """Return the file, and the title of the test."""
        return self.revision.path, None, f"{self.revision.revision} {self.revision.doc}"


class _ModelsItem(_Item):
    """The models are what the revisions make, as `alembic check` finds."""

    def findings(self, report: Report) -> list[Finding]:
        """Return the findings about the models."""
        return [found for found in report.findings if not found.revision]

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        """Return env.py's folder, and the title of the test."""
        return self.path, None, "models and revisions agree"


def revisions(alembic: Config) -> list[Script]:
    """Return all revisions, each before those that stand on it.

    :param alembic: the configuration of the migrations.
    :raises CommandError: they cannot be read.
    """
    return list(ScriptDirectory.from_config(alembic).walk_revisions())[::-1]


def _report_of(value: dict[str, Any]) -> Report:
    """Return a report that `asdict()` and JSON have made an object of."""
    return Report(
        findings=tuple(Finding(**finding) for finding in value["findings"]),
        verified=tuple(value["verified"]),
        irreversible=tuple((revision, reason) for revision, reason in value["irreversible"]),
        stopped_at=value["stopped_at"],
        databases=tuple(value["databases"]),
        refused=tuple(value["refused"]),
    )


def verify_items(session: pytest.Session, alembic: Config, folder: Path) -> list[pytest.Item]:
    """Return the tests.

    :param session: pytest's session.
    :param alembic: the configuration of the migrations.
    :param folder: a folder that all processes of the run share.
    """
    collector = _Migrations.from_parent(
        session, name="migrations", nodeid="migrations", alembic=alembic, folder=folder
    )
    return collector.collect()
