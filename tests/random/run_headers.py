"""Reads one revision file, and returns its header."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from alembic.script import ScriptDirectory

#: Revisions that a header may refer to.
BESIDE = "revision = '{0}'\ndown_revision = None\n"


def explain(case: Any) -> str:
    return "".join(case.get("lines", []))


def run(case: Any) -> Any:
    folder = Path(tempfile.mkdtemp())
    try:
        versions = folder / "versions"
        versions.mkdir()
        for name in ("b1b1", "c1c1"):
            (versions / f"{name}.py").write_text(BESIDE.format(name))
        source = explain(case)
        (versions / "abc123.py").write_bytes(
            source.encode(case.get("encoding", "utf-8"), "replace")
        )
        directory = ScriptDirectory(folder)
        found = []
        for script in directory.walk_revisions():
            if not script.path.endswith("abc123.py"):
                continue
            # Alembic keeps the order in which the interpreter iterates over the set.
            found.append(
                [
                    script.revision,
                    _sorted(script.down_revision),
                    _sorted(script.dependencies),
                    sorted(script._orig_branch_labels),
                    script.doc,
                    script.longdoc,
                ]
            )
        return found
    finally:
        shutil.rmtree(folder)


def _sorted(value: Any) -> Any:
    return value if value is None or isinstance(value, str) else sorted(value)
