"""Unusable identifiers are refused before a file is written; unusual arguments do not end in a traceback."""

import os

import pytest
from support.compare import Twins
from support.twin_projects import write_linear_history, write_revision

#: With these variables, bytes that are not ASCII arrive as lone surrogates.
_C_LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
_UNDECODABLE = os.fsdecode(b"\xc3\xa9\xff")


def _files(project: Twins) -> list[str]:
    return sorted(os.listdir(project.limbeck.folder / "migrations/versions"))


@pytest.mark.parametrize(
    "name",
    [
        "aaaa1",
        "north",
        "base",
        "head",
        "heads",
        "current",
        "a b",
        " ",
        "a\tb",
        "a\x1bb",
        _UNDECODABLE,
    ],
)
@pytest.mark.parametrize("command", ["revision", "merge"])
def test_unusable_identifier_is_refused(project: Twins, name: str, command: str) -> None:
    write_revision(project, "aaaa1", None, labels=("north",))
    write_revision(project, "bbbb2", None)
    before = _files(project)
    arguments = ["merge", "heads"] if command == "merge" else ["revision", "--head", "aaaa1"]
    done = project.limbeck.alembic(*arguments, "-m", "x", "--rev-id", name)
    assert done.returncode == 255, done.stdout + done.stderr
    assert "FAILED: " in done.stdout
    assert "Traceback" not in done.stderr
    assert _files(project) == before


@pytest.mark.parametrize(
    "command",
    [
        ("show", _UNDECODABLE),
        ("upgrade", _UNDECODABLE),
        ("downgrade", _UNDECODABLE),
        ("stamp", _UNDECODABLE),
        ("history", "-r", f"{_UNDECODABLE}:"),
        ("merge", _UNDECODABLE, "aaaa1"),
        ("revision", "-m", "x", "--depends-on", _UNDECODABLE),
        ("-n", _UNDECODABLE, "heads"),
    ],
)
def test_undecodable_identifier_is_not_found(project: Twins, command: tuple[str, ...]) -> None:
    write_linear_history(project, "aaaa1")
    done = project.limbeck.program.alembic(project.limbeck.folder, *command, env=_C_LOCALE)
    assert done.returncode == 255, done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_undecodable_argument_does_not_affect_a_listing(project: Twins) -> None:
    write_linear_history(project, "aaaa1")
    done = project.limbeck.program.alembic(
        project.limbeck.folder, "-x", f"key={_UNDECODABLE}", "heads", env=_C_LOCALE
    )
    assert (done.returncode, done.stdout) == (0, "aaaa1 (head)\n")


@pytest.mark.parametrize("targets", [("-1",), ("aaaa1", "dddd4")])
def test_stamp_of_ancestor_and_descendant_equals_alembic(
    project: Twins, targets: tuple[str, ...]
) -> None:
    """Alembic's own suite expects overlapping rows if both revisions are named."""
    write_linear_history(project, "aaaa1", "bbbb2", "cccc3")
    write_revision(project, "dddd4", "aaaa1")
    if targets != ("-1",):
        project.alembic("stamp", "cccc3")
    project.alembic("stamp", "--", *targets, fails=None)


def test_impossible_stamp_changes_nothing(project: Twins) -> None:
    """Alembic raises KeyError here."""
    write_linear_history(project, "aaaa1", "bbbb2", "cccc3")
    project.limbeck.alembic("stamp", "cccc3")
    done = project.limbeck.alembic("stamp", "aaaa1", "bbbb2")
    assert done.returncode == 255, done.stdout + done.stderr
    assert "The version table does not allow this change" in done.stdout
    assert project.limbeck.alembic("current").stdout == "cccc3 (head)\n"


def test_upgrade_past_the_head_is_refused(project: Twins) -> None:
    write_linear_history(project, "aaaa1", "bbbb2")
    for target in ("head+1", "bbbb2+1", "aaaa1+2"):
        done = project.limbeck.alembic("upgrade", target)
        assert done.returncode == 255, done.stdout + done.stderr
        assert (
            f"Relative revision +{target[-1]} didn't produce {target[-1]} migrations" in done.stdout
        )


def test_open_files_of_scripts_are_flushed_at_exit(project: Twins) -> None:
    """A logging handler keeps the script's file open as long as the modules exist."""
    write_linear_history(project, "aaaa1")
    script = (
        "import logging\n"
        "from alembic import command\n"
        "from alembic.config import Config\n"
        "f = open('log.txt', 'w')\n"
        "class Handler(logging.Handler):\n"
        "    def emit(self, record): f.write('')\n"
        "logging.getLogger('my').addHandler(Handler())\n"
        "command.upgrade(Config('alembic.ini'), 'head')\n"
        "f.write('done\\n')\n"
    )
    for copy in project.both:
        (copy.folder / "script.py").write_text(script)
        done = copy.program.python(copy.folder, "script.py")
        assert done.returncode == 0, done.stderr
        assert (copy.folder / "log.txt").read_text() == "done\n"
