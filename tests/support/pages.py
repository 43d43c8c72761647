"""Documentation pages as programs: every example in them is executed.

A page is read from top to bottom in one folder. In front of each fenced block stands a comment that says what the block
is: `% run` where MyST shows the page, `<!-- run -->` where GitHub does.

`% run`
    A terminal session: each line that begins with `$ ` is run by a shell, and the lines below it are what it must print
    (standard output and standard error together). `...` stands for any text. No lines: only the exit status counts.
`% run: exit N`
    The same, when the last command of the block is to end with exit status N.
`% file: PATH`
    The whole content of a file.
`% edit: PATH`
    A diff of the file: its unchanged and `-` lines must be there, one after the other, and are replaced.
`% shown: REASON`
    Not executed, and why.
`% uses: postgresql`
    Not in front of a block but anywhere: the page needs that server, whose URL is then in $DATABASE_URL.
`% uses: alembic`
    The same: the page begins in a virtual environment with Alembic in it, where `pip install limbeck` installs this tree.
`% begins: PATH`
    The same: the page begins in a copy of that folder of the repository; otherwise in an empty one.
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
    """A fenced block and what its comment says of it."""

    where: str
    verb: str
    rest: str
    text: str


@dataclass(frozen=True)
class Page:
    """A documentation page: its blocks in order, what it needs, and the folder that it begins with, if any."""

    path: Path
    blocks: list[Block]
    uses: str | None
    begins: str | None


def read(path: Path) -> Page:
    """Read a page. Raises ValueError for a block that does not say what it is."""
    source = path.read_text(encoding="utf-8")
    lines = source.split("\n")
    blocks = []
    for token in MarkdownIt().parse(source):
        if token.type != "fence" or token.map is None or token.info.startswith("{"):
            continue  # a directive ({toctree}, {note}) is not an example
        start = token.map[0]
        where = f"{path.name}:{start + 1}"
        said = _COMMENT.match(lines[start - 1].strip()) if start else None
        if said is None or said["verb"] not in _VERBS:
            raise ValueError(
                f"{where}: no `% run`, `% file:`, `% edit:` or `% shown:` above the block"
            )
        verb, rest = said["verb"], said["rest"] or ""
        if verb != "run" and not rest:
            raise ValueError(f"{where}: `% {verb}` says nothing behind the colon")
        blocks.append(Block(where, verb, rest, token.content))
    told = {said["verb"]: said["rest"] for said in map(_COMMENT.match, lines) if said}
    return Page(path, blocks, told.get("uses"), told.get("begins"))


def begin(page: Page, folder: Path) -> None:
    """Make the folder that a page begins in: an empty one, a copy of what it names, or of the example that it is in."""
    inside = page.path.parent if page.path.name == "README.md" else None
    source = ROOT / page.begins if page.begins else inside
    if source is None:
        folder.mkdir()
    else:
        shutil.copytree(source, folder, ignore=shutil.ignore_patterns("__pycache__", "*.db"))


def execute(page: Page, folder: Path, env: Mapping[str, str]) -> int:
    """Do what the page says in `folder`; the number of blocks that were executed.

    Raises AssertionError, with the place in the page, for anything that turns out otherwise than written.
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
        f"{block.where}: stands {text.count(old)} times in {block.rest}:{old}"
    )
    target.write_text(text.replace(old, new)[1:], encoding="utf-8")


def _run(block: Block, folder: Path, env: Mapping[str, str]) -> None:
    wanted_exit = int(block.rest.removeprefix("exit ")) if block.rest else 0
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
        expected = wanted_exit if nth == len(commands) - 1 else 0
        place = f"{block.where}: $ {line}"
        assert done.returncode == expected, f"{place}\nexit {done.returncode}:\n{done.stdout}"
        if shown.strip():
            assert matches(shown, done.stdout), (
                f"{place}\n--- written\n{shown}\n--- printed\n{done.stdout}"
            )


def matches(shown: str, printed: str) -> bool:
    """Whether the text of the page is what was printed; space at the ends of lines does not count."""
    pattern = r"[\s\S]*?".join(re.escape(part) for part in _tidy(shown).split("..."))
    return re.fullmatch(pattern, _tidy(printed)) is not None


def _tidy(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip("\n").split("\n"))
