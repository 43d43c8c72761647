"""`alembic graph`: the formats, and the legibility of its pictures."""

import json
import os
import pty
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image
from support.programs import Program

from .conftest import REVISIONS

SVG = "{http://www.w3.org/2000/svg}"


def graph(limbeck: Program, large_project: Path, *args: str) -> str:
    done = limbeck.alembic(large_project, "graph", *args)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_json_agrees_with_the_files(limbeck: Program, large_project: Path) -> None:
    revisions = json.loads(graph(limbeck, large_project, "--format", "json"))["revisions"]
    assert len(revisions) == REVISIONS
    heads = {
        line.split()[0] for line in limbeck.alembic(large_project, "heads").stdout.splitlines()
    }
    assert {r["revision"] for r in revisions if r["is_head"]} == heads
    assert len(heads) > 1
    for entry in revisions:
        source = Path(entry["path"]).read_text()
        assert f"revision = {entry['revision']!r}" in source
        for identifier in entry["down_revisions"] + entry["depends_on"]:
            assert repr(identifier) in source
    assert sum(entry["is_merge_point"] for entry in revisions) > 5
    assert any(entry["depends_on"] for entry in revisions)
    assert all(entry["applied"] is None for entry in revisions)


def test_each_revision_takes_one_line_of_100_columns(
    limbeck: Program, large_project: Path, pictures: Path
) -> None:
    text = graph(limbeck, large_project)
    (pictures / "200-revisions.txt").write_text(text)
    lines = text.splitlines()
    assert len(lines) == REVISIONS
    assert max(map(len, lines)) <= 100
    # Identifier, notes and message are not cut.
    matches = [
        re.search(r"[0-9a-f]{12}.* add column number \d+ to the ledger", line) for line in lines
    ]
    assert all(matches), [line for line, match in zip(lines, matches, strict=True) if not match]
    assert "(billing)" in text
    assert "[needs " in text


def test_lines_lead_from_child_to_parent(limbeck: Program, large_project: Path) -> None:
    """The lanes of the picture lead to the parents that the files name."""
    text = graph(limbeck, large_project)
    revisions = json.loads(graph(limbeck, large_project, "--format", "json"))["revisions"]
    parents = {entry["revision"]: set(entry["down_revisions"]) for entry in revisions}
    assert _parents_in(text) == parents


def _parents_in(text: str) -> dict[str, set[str]]:
    """Return the parents of each revision in a picture, by following each lane."""
    parents: dict[str, set[str]] = {}
    children_by_lane: dict[int, set[str]] = {}
    for line in text.splitlines():
        match = re.match(r"(?P<lanes>[^0-9a-f]*)(?P<id>[0-9a-f]{12})", line)
        assert match is not None, line
        lanes, revision = match["lanes"], match["id"]
        parents[revision] = set()
        column = lanes.index("●")
        joined, forked = _arms(lanes, column)
        children = children_by_lane.pop(column, set())
        for lane in joined:
            children |= children_by_lane.pop(lane, set())
        for child in children:
            parents[child].add(revision)
        for lane in forked:
            children_by_lane.setdefault(lane, set()).add(revision)
        children_by_lane.setdefault(column, set()).add(revision)
    return parents


def _arms(lanes: str, column: int) -> tuple[list[int], list[int]]:
    """Return the lanes that end in the revision of a line, and those that begin there."""
    joined, forked = [], []
    for step, ends in ((1, "╯╮┤"), (-1, "╰╭├")):
        position = column + step
        while 0 <= position < len(lanes) and lanes[position] not in " ":
            sign = lanes[position]
            if sign in "╯╰┴":
                joined.append(position)
            elif sign in "╮╭┬┤├┼":
                forked.append(position)
            if sign in ends:
                break
            position += step
    return joined, forked


def test_ascii_and_color_options_change_the_picture(limbeck: Program, large_project: Path) -> None:
    plain = graph(limbeck, large_project, "--ascii")
    assert plain.isascii()
    assert "\x1b" not in plain
    assert "\x1b[" in graph(limbeck, large_project, "--color", "always")


def test_color_on_a_terminal_unless_no_color(limbeck: Program, large_project: Path) -> None:
    def on_terminal(**env: str) -> str:
        controller, terminal = pty.openpty()
        try:
            child = subprocess.Popen(
                [*limbeck.launch, "graph"],
                cwd=large_project,
                env=limbeck.environment(env),
                stdin=subprocess.DEVNULL,
                stdout=terminal,
            )
            os.close(terminal)
            terminal = -1
            parts = []
            while True:
                try:
                    part = os.read(controller, 65536)
                except OSError:  # the other end is closed
                    break
                if not part:
                    break
                parts.append(part)
            assert child.wait(60) == 0
            return b"".join(parts).decode()
        finally:
            os.close(controller)
            if terminal != -1:
                os.close(terminal)

    assert "\x1b[" in on_terminal()
    assert "\x1b[" not in on_terminal(NO_COLOR="1")


def test_current_option_marks_applied_revisions(limbeck: Program, large_project: Path) -> None:
    revisions = json.loads(graph(limbeck, large_project, "--format", "json"))["revisions"]
    middle = revisions[120]["revision"]
    assert limbeck.alembic(large_project, "upgrade", middle).returncode == 0
    revisions = json.loads(graph(limbeck, large_project, "--format", "json", "--current"))[
        "revisions"
    ]
    state = {r["revision"]: (r["applied"], r["current"]) for r in revisions}
    assert state[middle] == (True, True)
    by_id = {r["revision"]: r for r in revisions}
    to_visit, expected = [middle], set()
    while to_visit:
        entry = by_id[to_visit.pop()]
        expected.add(entry["revision"])
        to_visit += [*entry["down_revisions"], *entry["depends_on"]]
    assert {id_ for id_, (applied, _) in state.items() if applied} == expected
    text = graph(limbeck, large_project, "--current")
    assert text.count("○") == REVISIONS - len(expected)
    assert f"{middle} (current)" in text


def test_range_is_drawn_alone(limbeck: Program, large_project: Path) -> None:
    history = limbeck.alembic(large_project, "history").stdout.splitlines()
    revisions = json.loads(graph(limbeck, large_project, "--format", "json"))["revisions"]
    head = next(r["revision"] for r in revisions if r["is_head"])
    text = graph(limbeck, large_project, "-r", f":{head}")
    assert 0 < len(text.splitlines()) <= len(history)
    failed = limbeck.alembic(large_project, "graph", "-r", "nonsense")
    assert failed.returncode == 255
    assert "range" in failed.stdout


def test_svg_is_legible(limbeck: Program, large_project: Path, pictures: Path) -> None:
    assert (
        limbeck.alembic(large_project, "graph", "--format", "svg", "-o", "graph.svg").returncode
        == 0
    )
    source = large_project / "graph.svg"
    shutil.copy(source, pictures / "200-revisions.svg")
    root = ET.fromstring(source.read_text())
    circles = list(root.iter(f"{SVG}circle"))
    assert len(circles) == REVISIONS
    # Rows do not touch; all text is to the right of all lanes, and inside the picture.
    heights = sorted(float(circle.attrib["cy"]) for circle in circles)
    assert min(b - a for a, b in pairwise(heights)) >= 20
    lanes = max(float(circle.attrib["cx"]) for circle in circles)
    starts = [float(text.attrib["x"]) for text in root.iter(f"{SVG}text")]
    assert min(starts) > lanes + 10
    assert max(starts) < float(root.attrib["width"])

    rasteriser = shutil.which("rsvg-convert")
    if rasteriser is None:
        pytest.skip("no rasteriser: apt-get install librsvg2-bin")
    target = pictures / "200-revisions.png"
    subprocess.run([rasteriser, source, "-o", target], check=True)
    with Image.open(target) as opened:
        image = opened.convert("RGB")
    assert image.size == (int(root.attrib["width"]), int(root.attrib["height"]))
    for circle in circles:
        pixel = image.getpixel((int(float(circle.attrib["cx"])), int(float(circle.attrib["cy"]))))
        assert "#{:02x}{:02x}{:02x}".format(*pixel) == circle.attrib["fill"]
    # Text is drawn: dark pixels beside each row's node.
    width = image.size[0]
    for middle in map(int, heights):
        row = [
            image.getpixel((x, y))
            for y in (middle - 2, middle)
            for x in range(int(min(starts)), width)
        ]
        assert any(sum(pixel) < 250 for pixel in row)


def test_dot_and_mermaid_have_all_nodes_and_edges(limbeck: Program, large_project: Path) -> None:
    dot = graph(limbeck, large_project, "--format", "dot")
    program = shutil.which("dot")
    if program is None:
        pytest.skip("no Graphviz: apt-get install graphviz")
    drawn = subprocess.run(
        [program, "-Tplain"], input=dot, capture_output=True, text=True, check=True
    )
    kinds = [line.split(" ", 1)[0] for line in drawn.stdout.splitlines()]
    assert kinds.count("node") == REVISIONS
    revisions = json.loads(graph(limbeck, large_project, "--format", "json"))["revisions"]
    edges = sum(len(r["down_revisions"]) + len(r["depends_on"]) for r in revisions)
    assert kinds.count("edge") == edges
    mermaid = graph(limbeck, large_project, "--format", "mermaid")
    assert len(re.findall(r"^  r\d+ -(?:->|\.->) r\d+$", mermaid, re.MULTILINE)) == edges


def test_unwritable_file_is_one_message(limbeck: Program, large_project: Path) -> None:
    done = limbeck.alembic(large_project, "graph", "--format", "svg", "-o", "nowhere/graph.svg")
    assert done.returncode == 255
    assert "Cannot write nowhere/graph.svg" in done.stdout
    assert not (large_project / "nowhere").exists()
