"""Examples in the help, and suggestions for mistyped words."""

import re
import subprocess
from pathlib import Path

import pytest
from limbeck.cli.help_groups import GROUPS
from limbeck.cli.options import EXTRA_COMMANDS
from limbeck.cli.suggestions import EXAMPLES
from limbeck.config import CommandLine
from support.programs import Program


@pytest.fixture(scope="module")
def command_line() -> CommandLine:
    command_line = CommandLine(prog="alembic")
    command_line.register_extra_commands()
    return command_line


def test_every_command_has_a_valid_example(command_line: CommandLine) -> None:
    for name, parser in command_line.subparsers.choices.items():
        example = EXAMPLES[name]
        assert f"example: {example}" in " ".join(parser.format_help().split())
        match = re.search(r"(?:alembic|limbeck) ([^|)]*)", example)
        assert match is not None
        words = [word.strip("\"'") for word in re.findall(r'"[^"]*"|\S+', match[1])]
        options = command_line.parser.parse_args(words)
        assert hasattr(options, "cmd"), example


@pytest.mark.parametrize(("typed", "meant"), [("upgarde", "upgrade"), ("hsitory", "history")])
def test_mistyped_command_gets_a_suggestion(
    limbeck: Program, tmp_path: Path, typed: str, meant: str
) -> None:
    done = limbeck.alembic(tmp_path, typed, "head")
    assert done.returncode == 2
    assert done.stderr.endswith(f"\n\nhint: did you mean `{meant}`?\n")


def test_mistyped_revision_gets_a_suggestion(limbeck: Program, large_project: Path) -> None:
    head = limbeck.alembic(large_project, "heads").stdout.split()[0]
    typed = head[:-1] + ("0" if head[-1] != "0" else "1")
    done = limbeck.alembic(large_project, "show", typed)
    assert done.returncode == 255
    assert done.stdout == f"FAILED: Can't locate revision identified by '{typed}'\n"
    assert done.stderr == f"\nhint: did you mean `{head}`?\n"


def test_closed_output_ends_the_command_quietly(limbeck: Program, large_project: Path) -> None:
    """A command whose output is closed, as in `alembic history | head -1`, ends without a traceback."""
    with subprocess.Popen(
        [*limbeck.launch, "graph", "--format", "json"],
        cwd=large_project,
        env=limbeck.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        assert child.stderr.read() == ""
        assert child.wait(60) == 141


def test_help_lists_each_command_in_one_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    command_line = CommandLine(prog="alembic")
    command_line.register_extra_commands()
    grouped = [name for names in GROUPS.values() for name in names]
    assert sorted(grouped) == sorted(command_line.subparsers.choices)
    text = command_line.parser.format_help()
    assert max(map(len, text.splitlines())) <= 80
    marked = set(re.findall(r"^    (\w+) \*", text, re.MULTILINE))
    assert marked == set(EXTRA_COMMANDS)
    assert "others:" not in text
