"""Errors and warnings about the graph name the files that cause them; the first line stays Alembic's."""

from pathlib import Path

import pytest
from support.programs import Program


def _write(project: Path, name: str, revision: str, down: str | None, labels: str | None) -> str:
    folder = next(project.rglob("versions"))
    for path in folder.glob("*.py"):
        if path.stem not in {"one", "two"}:
            path.unlink()
    path = folder / f"{name}.py"
    path.write_text(
        f"revision = {revision!r}\ndown_revision = {down!r}\nbranch_labels = {labels!r}\n"
    )
    return str(path.resolve())


@pytest.mark.parametrize(
    ("first", "second", "message", "lines"),
    [
        (("aaaa1", "bbbb2", None), ("bbbb2", "aaaa1", None), "Cycle is detected in", (2, 2)),
        (("aaaa1", None, None), ("bbbb2", "gone", None), "Revision bbbb2 names 'gone'", (None, 2)),
        (
            ("aaaa1", None, None),
            ("bbbb2", "aaaa1", "aaaa1"),
            "Branch name 'aaaa1' in revision bbbb2 already used by revision aaaa1\n",
            (1, 3),
        ),
    ],
)
def test_an_error_names_files_and_lines(
    limbeck: Program,
    project: Path,
    first: tuple[str, str | None, str | None],
    second: tuple[str, str | None, str | None],
    message: str,
    lines: tuple[int | None, int | None],
) -> None:
    paths = [
        _write(project, name, *fields)
        for name, fields in zip(("one", "two"), (first, second), strict=True)
    ]
    done = limbeck.alembic(project, "heads")
    assert done.returncode == 255
    assert done.stdout.startswith(f"FAILED: {message}")
    hint = done.stderr.rpartition("\nhint: see ")[2]
    for path, line in zip(paths, lines, strict=True):
        assert (f"{path}, line {line}" in hint) is (line is not None)


def test_a_warning_about_a_duplicate_names_both_files(limbeck: Program, project: Path) -> None:
    paths = [_write(project, name, "aaaa1", None, None) for name in ("one", "two")]
    done = limbeck.alembic(project, "heads")
    assert done.returncode == 0
    assert (
        f"Revision aaaa1 is present more than once\n(in {paths[0]}, line 1; {paths[1]}, line 1)"
        in done.stderr
    )
