"""Programs with a pseudo-terminal as standard error."""

import os
import re
import struct
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from support.programs import Program

pty = pytest.importorskip("pty", reason="needs pseudo-terminals, which this system has not")
fcntl = pytest.importorskip("fcntl", reason="Windows has no ioctl()")
termios = pytest.importorskip("termios", reason="Windows has other terminals")


def run_on_terminal(
    program: Program,
    folder: Path,
    *args: str,
    term: str = "xterm",
    columns: int = 80,
    on_output: Callable[[str], None] = lambda shown: None,
    answer: str | None = None,
    more_answers: Sequence[str] = (),
) -> tuple[str, str, int]:
    """Run a program with a terminal as standard error.

    :param term: the variable TERM
    :param columns: the width of the terminal
    :param on_output: called with everything that is shown so far, whenever there is more
    :param answer: what is typed when the program asks; `None` for a program without standard input
    :param more_answers: what is typed when it asks again
    :return: what was shown there, standard output, and the exit status
    """
    main_side, program_side = pty.openpty()
    fcntl.ioctl(program_side, termios.TIOCSWINSZ, struct.pack("HHHH", 25, columns, 0, 0))
    running = subprocess.Popen(
        [*program.launch, *args],
        cwd=folder,
        env=program.environment({"TERM": term}),
        stdin=subprocess.DEVNULL if answer is None else program_side,
        stdout=subprocess.PIPE,
        stderr=program_side,
    )
    os.close(program_side)
    shown = b""
    following = iter(more_answers)
    while True:
        try:
            piece = os.read(main_side, 4096)
        except OSError:  # Linux raises this when the other side is closed
            break
        if not piece:
            break
        shown += piece
        on_output(_text(shown))
        if answer is not None and shown.endswith(b": "):
            os.write(main_side, f"{answer}\n".encode())
            answer = next(following, None)
    os.close(main_side)
    stdout, _ = running.communicate()
    return _text(shown), stdout.decode(), running.returncode


def _text(shown: bytes) -> str:
    return shown.decode(errors="replace").replace("\r\n", "\n")


def screen(shown: str) -> list[str]:
    """Return the lines that remain on the screen."""
    lines = []
    for line in shown.split("\n"):
        text = re.split(r"\x1b\[2K", line)[-1]
        lines.append(text.split("\r")[-1])
    return lines
