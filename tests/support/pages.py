"""Executes the examples of documentation pages.

A page runs from top to bottom in one folder. A comment above each fenced block gives its kind: `% run` in pages for MyST,
`<!-- run -->` in pages for GitHub.

`% run`
    A terminal session: a shell runs each line that begins with `$ `, and has to print the lines below it (standard output
    and standard error together). `...` matches any text. Without lines, only the exit status is checked.
`% run: exit N`
    The same, where the last command exits with status N.
`% file: PATH`
    The whole content of a file.
`% edit: PATH`
    A diff of the file. Its unchanged and `-` lines are replaced; they must occur in the file as one block, exactly once.
`% shown: REASON`
    Not executed, for the given reason.
`% uses: postgresql`
    Anywhere in the page: it needs that server, whose URL is in $DATABASE_URL.
`% uses: alembic`
    Anywhere: the page begins in a virtual environment with Alembic, where `pip install limbeck` installs this tree.
`% begins: PATH`
    Anywhere: the page begins in a copy of that folder of the repository, otherwise in an empty one.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[2]

_COMMENT = re.compile(r"^(?:% |<!-- )(?P<verb>\w+)(?:: (?P<rest>.+?))?(?: -->)?$")
_VERBS = ("run", "file", "edit", "shown")


@dataclass(frozen=True)
class Block:
    """A fenced block with the parts of its comment."""

    where: str
    verb: str
    rest: str
    text: str


@dataclass(frozen=True)
class Page:
    """A page: its blocks in order, its requirement, and the folder in which it begins."""

    path: Path
    blocks: list[Block]
    uses: str | None
    begins: str | None


def read(path: Path) -> Page:
    """Read a page.

    :raises ValueError: a block has no comment
    """
    source = path.read_text(encoding="utf-8")
    lines = source.split("\n")
    blocks = []
    for token in MarkdownIt().parse(source):
        if token.type != "fence" or token.map is None or token.info.startswith("{"):
            continue  # a directive ({toctree}, {note}) is not an example
        start = token.map[0]
        where = f"{path.name}:{start + 1}"
        comment = _COMMENT.match(lines[start - 1].strip()) if start else None
        if comment is None or comment["verb"] not in _VERBS:
            raise ValueError(
                f"{where}: no `% run`, `% file:`, `% edit:` or `% shown:` above the block"
            )
        verb, rest = comment["verb"], comment["rest"] or ""
        if verb != "run" and not rest:
            raise ValueError(f"{where}: `% {verb}` has no text after the colon")
        blocks.append(Block(where, verb, rest, token.content))
    comments = {match["verb"]: match["rest"] for match in map(_COMMENT.match, lines) if match}
    return Page(path, blocks, comments.get("uses"), comments.get("begins"))


def begin(page: Page, folder: Path) -> None:
    """Create the folder in which a page begins: a copy of `% begins` or of a README.md's folder, otherwise empty."""
    readme_folder = page.path.parent if page.path.name == "README.md" else None
    source = ROOT / page.begins if page.begins else readme_folder
    if source is None:
        folder.mkdir()
    else:
        shutil.copytree(source, folder, ignore=shutil.ignore_patterns("__pycache__", "*.db"))


def execute(page: Page, folder: Path, env: Mapping[str, str]) -> int:
    """Execute a page in `folder`.

    :return: the number of executed blocks
    :raises AssertionError: a result differs from the page; the message has the line
    """
    done = 0
    for block in page.blocks:
        if block.verb == "shown":
            continue
        if block.verb == "run":
            _run(block, folder, env)
        elif block.verb == "file":
            target = folder / block.rest
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.text, encoding="utf-8")
        else:
            _edit(block, folder / block.rest)
        done += 1
    return done


def _edit(block: Block, target: Path) -> None:
    lines = block.text.splitlines()
    before = [line[1:] for line in lines if not line.startswith("+")]
    after = [line[1:] for line in lines if not line.startswith("-")]
    text = "\n" + target.read_text(encoding="utf-8")
    old, new = "\n" + "\n".join(before) + "\n", "\n" + "\n".join(after) + "\n"
    assert text.count(old) == 1, (
        f"{block.where}: found {text.count(old)} times in {block.rest}:{old}"
    )
    target.write_text(text.replace(old, new)[1:], encoding="utf-8")


def _run(block: Block, folder: Path, env: Mapping[str, str]) -> None:
    last_exit = int(block.rest.removeprefix("exit ")) if block.rest else 0
    commands = re.split(r"^\$ ", block.text, flags=re.MULTILINE)
    assert not commands[0].strip(), f"{block.where}: text before the first `$ `"
    for nth, command in enumerate(commands[1:], 1):
        line, _, shown = command.partition("\n")
        while line.endswith("\\"):
            more, _, shown = shown.partition("\n")
            line += "\n" + more
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=folder,
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=300,
            check=False,
        )
        expected = last_exit if nth == len(commands) - 1 else 0
        place = f"{block.where}: $ {line}"
        assert done.returncode == expected, f"{place}\nexit {done.returncode}:\n{done.stdout}"
        if shown.strip():
            assert matches(shown, done.stdout), (
                f"{place}\n--- written\n{shown}\n--- printed\n{done.stdout}"
            )


def matches(shown: str, printed: str) -> bool:
    """Return whether the text of the page matches the output; trailing spaces are ignored."""
    pattern = r"[\s\S]*?".join(re.escape(part) for part in _tidy(shown).split("..."))
    return re.fullmatch(pattern, _tidy(printed)) is not None


def _tidy(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip("\n").split("\n"))
