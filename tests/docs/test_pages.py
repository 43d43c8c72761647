"""Each example of the documentation and of `examples/` runs, and each link leads to an existing file and anchor."""

import re
import sys
from pathlib import Path

import pytest
from support import pages
from support.pages import ROOT
from support.programs import Program

EXAMPLES = sorted(path for path in (ROOT / "examples").iterdir() if path.is_dir())
PAGES = [*sorted((ROOT / "docs").glob("*.md")), *(path / "README.md" for path in EXAMPLES)]
#: `[text](path)` and `[text](path#anchor)` of Markdown, but not links with a scheme, which lead to another site.
_LINK = re.compile(r"\]\((?!\w+:)(?P<path>[^)#\s]*)(?:#(?P<anchor>[^)\s]+))?\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_LABEL = re.compile(r"^\((.+)\)=$", re.MULTILINE)


@pytest.fixture
def shell(limbeck: Program, tmp_path: Path) -> dict[str, str]:
    """The variables of a shell with the `alembic`, `limbeck` and `python` under test."""
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    commands = {
        "alembic": limbeck.launch,
        "limbeck": [str(limbeck.interpreter), "-m", "limbeck"],
        "python": [str(limbeck.interpreter)],
    }
    for name, command in commands.items():
        words = " ".join(f"'{word}'" for word in command)
        (bin_folder / name).write_text(f'#!/bin/sh\nexec {words} "$@"\n')
        (bin_folder / name).chmod(0o755)
    env = limbeck.environment()
    return {**env, "PATH": f"{bin_folder}:{env['PATH']}", "LIMBECK_HOME": str(ROOT)}


@pytest.mark.parametrize(
    "path", PAGES, ids=lambda path: str(path.relative_to(ROOT).with_suffix(""))
)
def test_examples_run(path: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    page = pages.read(path)
    if page.uses == "alembic":
        env = request.getfixturevalue("alembic_shell")()
    else:
        env = request.getfixturevalue("shell")
        if page.uses is not None:
            env["DATABASE_URL"] = request.getfixturevalue(f"{page.uses}_url")
    folder = tmp_path / "page"
    pages.begin(page, folder)
    runnable = [block for block in page.blocks if block.verb != "shown"]
    assert pages.execute(page, folder, env) == len(runnable)


@pytest.mark.parametrize(
    "path",
    [*PAGES, *sorted(ROOT.glob("*.md"))],
    ids=lambda path: str(path.relative_to(ROOT).with_suffix("")),
)
def test_links_lead_to_files_and_anchors(path: Path) -> None:
    """Sphinx checks only links between its own pages."""
    broken = []
    for link in _LINK.finditer(path.read_text(encoding="utf-8")):
        target = path.parent / link["path"] if link["path"] else path
        if not target.exists() or (link["anchor"] and link["anchor"] not in anchors(target)):
            broken.append(link[0])
    assert not broken


def anchors(path: Path) -> set[str]:
    """Return the anchors of a page: its labels, and its headings as GitHub and MyST spell them."""
    text = path.read_text(encoding="utf-8")
    headings = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(text))
    return {*_LABEL.findall(text), *(heading.replace(" ", "-") for heading in headings)}


class TestReader:
    """`support.pages` reports errors in a page, and outputs that differ from it."""

    def page(self, tmp_path: Path, text: str) -> pages.Page:
        (tmp_path / "page.md").write_text(text)
        return pages.read(tmp_path / "page.md")

    def test_block_without_comment_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match=r"page.md:3: no `% run`"):
            self.page(tmp_path, "text\n\n```console\n$ true\n```\n")

    def test_different_output_is_an_error(self, tmp_path: Path) -> None:
        page = self.page(tmp_path, "% run\n```console\n$ echo a\nb\n```\n")
        with pytest.raises(AssertionError, match=r"page\.md:2"):
            pages.execute(page, tmp_path, {})

    def test_different_exit_status_is_an_error(self, tmp_path: Path) -> None:
        page = self.page(tmp_path, "% run: exit 3\n```console\n$ exit 4\n```\n")
        with pytest.raises(AssertionError, match="exit 4"):
            pages.execute(page, tmp_path, {})

    def test_edit_that_does_not_match_is_an_error(self, tmp_path: Path) -> None:
        (tmp_path / "f").write_text("one\ntwo\nthree\n")
        page = self.page(tmp_path, "% edit: f\n```diff\n one\n-two\n+2\n```\n")
        assert pages.execute(page, tmp_path, {}) == 1
        assert (tmp_path / "f").read_text() == "one\n2\nthree\n"
        with pytest.raises(AssertionError, match="0 times"):
            pages.execute(page, tmp_path, {})

    @pytest.mark.skipif(sys.platform == "win32", reason="the pages are written for a POSIX shell")
    def test_dots_match_any_text(self, tmp_path: Path) -> None:
        page = self.page(tmp_path, "% run\n```console\n$ printf 'a\\nb\\nc\\n'\na\n...\nc\n```\n")
        assert pages.execute(page, tmp_path, {}) == 1
