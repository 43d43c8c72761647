"""The progress of a run, on a pseudo-terminal."""

import re

import pytest
from support.compare import Twins
from support.terminals import run_on_terminal, screen
from support.twin_projects import write_linear_history


def _on_terminal(project: Twins, *args: str, term: str = "xterm") -> tuple[str, str]:
    """Run limbeck with a terminal as standard error; return what is shown there, and standard output."""
    copy = project.limbeck
    shown, stdout, status = run_on_terminal(copy.program, copy.folder, *args, term=term)
    assert status in (0, 1, 255)
    return shown, stdout


@pytest.fixture
def line(project: Twins) -> Twins:
    write_linear_history(project, "aaaa1", "bbbb2", "cccc3")
    return project


def test_each_revision_is_shown_with_its_time(line: Twins) -> None:
    shown, stdout = _on_terminal(line, "upgrade", "head")
    assert stdout == ""
    assert "[2/3] bbbb2 is running" in shown
    remaining = screen(shown)
    done = [text for text in remaining if re.fullmatch(r"\[\d/3\] \w+ \d+\.\d\d s", text)]
    assert [text.split()[1] for text in done] == ["aaaa1", "bbbb2", "cccc3"]
    logged = [text for text in remaining if "Running upgrade" in text]
    assert (
        logged[1] == "INFO  [alembic.runtime.migration] Running upgrade aaaa1 -> bbbb2, make bbbb2"
    )
    assert not any("is running" in text for text in remaining)


def test_summary_and_nothing_to_do(line: Twins) -> None:
    shown, _ = _on_terminal(line, "upgrade", "head")
    assert re.search(r"^3 revisions in \d+\.\d\d s$", "\n".join(screen(shown)), re.MULTILINE)
    shown, stdout = _on_terminal(line, "upgrade", "head")
    assert "nothing to do: the database is at cccc3" in screen(shown)
    assert stdout == ""
    assert "nothing to do" not in _on_terminal(line, "-q", "upgrade", "head")[0]
    assert (
        "nothing to do"
        not in line.limbeck.program.alembic(line.limbeck.folder, "upgrade", "head").stderr
    )


def test_failed_revision_is_shown(line: Twins) -> None:
    line.edit(
        "migrations/versions/bbbb2_.py", "    op.create_table(", "    1 / 0\n    op.create_table("
    )
    remaining = screen(_on_terminal(line, "upgrade", "head")[0])
    assert any(re.fullmatch(r"\[2/3\] bbbb2 failed after \d+\.\d\d s", text) for text in remaining)


def test_dumb_terminal_gets_plain_lines(line: Twins) -> None:
    shown, _ = _on_terminal(line, "upgrade", "head", term="dumb")
    assert "\x1b" not in shown
    assert len(re.findall(r"^\[\d/3\] ", shown, re.MULTILINE)) == 3


@pytest.mark.parametrize(
    "args", [("-q", "upgrade", "head"), ("upgrade", "+1"), ("upgrade", "head", "--sql")]
)
def test_no_progress_if_quiet_offline_or_one_revision(line: Twins, args: tuple[str, ...]) -> None:
    shown, _ = _on_terminal(line, *args)
    assert "/3]" not in shown
    assert "\x1b" not in shown


def test_no_progress_without_a_terminal(line: Twins) -> None:
    done = line.limbeck.alembic("upgrade", "head")
    assert "/3]" not in done.stderr
