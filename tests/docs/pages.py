"""Documentation pages as programs: every example in them is executed.

A page is read from top to bottom in one empty folder. In front of each fenced block stands a comment that MyST does not
show, and that says what the block is:

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
    Not in front of a block but anywhere above it: the page needs that server, whose URL is then in $DATABASE_URL.
"""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

_COMMENT = re.compile(r"^% (?P<verb>run|file|edit|shown)(?:: (?P<rest>.+))?$")
_USES = re.compile(r"^% uses: (?P<server>postgresql|mariadb)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block and what its comment says of it."""

    where: str
    verb: str
    rest: str
    text: str


@dataclass(frozen=True)
class Page:
    """A documentation page: its blocks in order, and the server it needs, if any."""

    path: Path
    blocks: list[Block]
    uses: str | None


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
        if said is None:
            raise ValueError(
                f"{where}: no `% run`, `% file:`, `% edit:` or `% shown:` above the block"
            )
        verb, rest = said["verb"], said["rest"] or ""
        if verb != "run" and not rest:
            raise ValueError(f"{where}: `% {verb}` says nothing behind the colon")
        blocks.append(Block(where, verb, rest, token.content))
    uses = _USES.search(source)
    return Page(path, blocks, uses["server"] if uses else None)


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
