"""Errors of the graph name the files that cause them; the first line is Alembic's."""

import pytest
from support.compare import Copy, Twins


def _write(project: Copy, name: str, revision: str, down: str | None, labels: str | None) -> str:
    """Write a revision file whose header begins in line 1, and return its path."""
    path = next(project.folder.rglob("versions")) / f"{name}.py"
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
    project: Twins,
    first: tuple[str, str | None, str | None],
    second: tuple[str, str | None, str | None],
    message: str,
    lines: tuple[int | None, int | None],
) -> None:
    paths = [
        _write(project.limbeck, name, *fields)
        for name, fields in zip(("one", "two"), (first, second), strict=True)
    ]
    done = project.limbeck.alembic("heads")
    assert done.returncode == 255
    assert done.stdout.startswith(f"FAILED: {message}")
    hint = done.stderr.rpartition("\nhint: see ")[2]
    for path, line in zip(paths, lines, strict=True):
        assert (f"{path}, line {line}" in hint) is (line is not None)
