"""The progress of a run, on a pseudo-terminal."""

import os
import re
import subprocess

import pytest
from support.compare import Twins
from support.twin_projects import write_line

pty = pytest.importorskip("pty", reason="needs pseudo-terminals, which this system has not")


def _on_terminal(project: Twins, *args: str, term: str = "xterm") -> tuple[str, str]:
    """Run limbeck with a terminal as standard error; return what is shown there, and standard output."""
    copy = project.limbeck
    main_side, command_side = pty.openpty()
    running = subprocess.Popen(
        [*copy.program.launch, *args],
        cwd=copy.folder,
        env=copy.program.environment({"TERM": term}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=command_side,
    )
    os.close(command_side)
    shown = b""
    while True:
        try:
            piece = os.read(main_side, 4096)
        except OSError:  # Linux raises this when the other side is closed
            break
        if not piece:
            break
        shown += piece
    os.close(main_side)
    stdout, _ = running.communicate()
    assert running.returncode in (0, 1, 255)
    return shown.decode().replace("\r\n", "\n"), stdout.decode()


def _screen(shown: str) -> list[str]:
    """Return the lines that remain on the screen."""
    lines = []
    for line in shown.split("\n"):
        text = re.split(r"\x1b\[2K", line)[-1]
        lines.append(text.split("\r")[-1])
    return lines


@pytest.fixture
def line(project: Twins) -> Twins:
    write_line(project, "aaaa1", "bbbb2", "cccc3")
    return project


def test_each_revision_is_shown_with_its_time(line: Twins) -> None:
    shown, stdout = _on_terminal(line, "upgrade", "head")
    assert stdout == ""
    assert "[2/3] bbbb2 is running" in shown
    screen = _screen(shown)
    done = [text for text in screen if re.fullmatch(r"\[\d/3\] \w+ \d+\.\d\d s", text)]
    assert [text.split()[1] for text in done] == ["aaaa1", "bbbb2", "cccc3"]
    logged = [text for text in screen if "Running upgrade" in text]
    assert (
        logged[1] == "INFO  [alembic.runtime.migration] Running upgrade aaaa1 -> bbbb2, make bbbb2"
    )
    assert not any("is running" in text for text in screen)


def test_failed_revision_is_shown(line: Twins) -> None:
    line.edit(
        "migrations/versions/bbbb2_.py", "    op.create_table(", "    1 / 0\n    op.create_table("
    )
    screen = _screen(_on_terminal(line, "upgrade", "head")[0])
    assert any(re.fullmatch(r"\[2/3\] bbbb2 failed after \d+\.\d\d s", text) for text in screen)


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
