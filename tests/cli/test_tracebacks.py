"""What a terminal shows after a failure in the project's own code, and after Ctrl-C."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from support import projects
from support.programs import Program
from support.terminals import pty, run_on_terminal

_FAILING = "import shop\nshop.price(op)"
_SHOP = """\
def price(op):
    op.execute("SELECT 1")
    op.execute("SELECT * FROM absent")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project whose second revision fails in a module of the project."""
    made = projects.make(
        tmp_path / "p", f"sqlite:///{tmp_path / 'x.db'}", more="prepend_sys_path = ."
    )
    projects.chain(made, 2, {1: _FAILING})
    (made / "shop.py").write_text(_SHOP)
    return made


def test_terminal_shows_the_frames_of_the_project(limbeck: Program, folder: Path) -> None:
    shown, _, status = run_on_terminal(limbeck, folder, "upgrade", "head", columns=200)
    assert status == 1
    frames = [line.split(chr(34))[1] for line in shown.splitlines() if line.startswith('  File "')]
    assert [Path(frame).name for frame in frames] == ["env.py", "env.py", "r0002.py", "shop.py"]
    assert 'op.execute("SELECT * FROM absent")' in shown
    assert "no such table: absent" in shown
    assert "raised while running upgrade r0001 -> r0002" in shown
    assert shown.rstrip().endswith(
        "hint: `alembic --raiseerr upgrade head` shows the frames of libraries too"
    )
    whole, _, status = run_on_terminal(
        limbeck, folder, "--raiseerr", "upgrade", "head", columns=200
    )
    assert status == 1
    assert "sqlalchemy" in whole and len(whole) > 2 * len(shown)
    assert "hint: `alembic" not in whole


def test_file_has_the_whole_traceback(limbeck: Program, folder: Path) -> None:
    done = limbeck.alembic(folder, "upgrade", "head")
    assert done.returncode == 1
    assert "site-packages" in done.stderr
    assert "shows the frames of libraries" not in done.stderr


def test_failure_without_a_frame_of_the_project(limbeck: Program, tmp_path: Path) -> None:
    made = projects.make(tmp_path / "p", "sqlite:////absent/x.db")
    shown, _, status = run_on_terminal(limbeck, made, "current", columns=200)
    assert status == 1
    assert "unable to open database file" in shown
    assert "hint: create the folder of the file, or correct the URL" in shown


def test_ctrl_c_is_a_few_lines_on_a_terminal(limbeck: Program, tmp_path: Path) -> None:
    made = projects.make(tmp_path / "p", f"sqlite:///{tmp_path / 'x.db'}")
    flag = tmp_path / "there"
    wait = f"import time\nopen({str(flag)!r}, 'w').close()\ntime.sleep(60)"
    projects.chain(made, 2, {1: wait})
    terminal, program_side = pty.openpty()
    running = subprocess.Popen(
        [*limbeck.launch, "upgrade", "head"],
        cwd=made,
        env=limbeck.environment(),
        stdin=subprocess.DEVNULL,
        stderr=program_side,
    )
    os.close(program_side)
    deadline = time.monotonic() + projects.LONG
    while not flag.exists():
        assert running.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(running.pid, signal.SIGINT)
    assert running.wait(projects.LONG) == -signal.SIGINT
    shown = os.read(terminal, 100_000).decode().replace("\r", "")
    os.close(terminal)
    last = shown.partition("interrupted\n")[2].splitlines()
    assert last[0].startswith("interrupted while running upgrade r0001 -> r0002 (")
    assert last[1].endswith("recorded as applied: r0001")
    assert "Traceback" not in shown
