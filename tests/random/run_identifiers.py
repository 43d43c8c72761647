"""Resolves an identifier: to the steps of an upgrade, downgrade or stamp, or to revisions."""

import shutil
import tempfile
from pathlib import Path
from typing import Any
from unittest import mock

from alembic.migration import HeadMaintainer
from alembic.script import ScriptDirectory


def explain(case: Any) -> str:
    lines = [str(node) for node in case.get("nodes", [])]
    return "\n".join(
        [*lines, f"rows {case.get('rows')}: {case.get('command')} {case.get('name')!r}"]
    )


def run(case: Any) -> Any:
    folder = Path(tempfile.mkdtemp())
    try:
        versions = folder / "versions"
        versions.mkdir()
        for name, parents, needed, labels in case["nodes"]:
            (versions / f"{name}.py").write_text(
                f"revision = {name!r}\ndown_revision = {tuple(parents) or None!r}\n"
                f"depends_on = {tuple(needed) or None!r}\nbranch_labels = {tuple(labels) or None!r}\n"
                "def upgrade(): pass\ndef downgrade(): pass\n"
            )
        return answer(ScriptDirectory(folder), case["command"], case["name"], tuple(case["rows"]))
    finally:
        shutil.rmtree(folder)


def answer(directory: ScriptDirectory, command: str, name: Any, rows: tuple[str, ...]) -> Any:
    if command == "show":
        found = directory.get_revisions(name)
        return [script and script.revision for script in found]
    if command == "history":
        low, high = name
        return [
            script.revision for script in directory.walk_revisions(low or "base", high or "heads")
        ]
    maintainer = HeadMaintainer(mock.Mock(as_sql=True), rows)
    moves: dict[str, Any] = {
        "upgrade": directory._upgrade_revs,
        "downgrade": directory._downgrade_revs,
        "stamp": directory._stamp_revs,
    }
    steps = []
    for step in moves[command](name, rows):
        maintainer.update_to_step(step)
        steps.append(str(step))
    return {"steps": steps, "rows": sorted(maintainer.heads)}
