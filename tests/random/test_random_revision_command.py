"""Random settings and arguments of `alembic revision`: the files that are written, and the script that is returned."""

from __future__ import annotations

import random
import re
from typing import Any

from .driver import CRASHES, RandomCases, raised

NAMES = ("aa01", "bb02", "cc03", "dd04")
TEMPLATES = (
    "%%(rev)s_%%(slug)s",
    "%%(rev)s",
    "%%(slug)s",
    "%%(year)d_%%(month).2d_%%(day).2d_%%(hour).2d%%(minute).2d-%%(rev)s_%%(slug)s",
    "%%(epoch)s_%%(rev)s",
    "%%(second)05d.%%(rev)s",
    "%%(year)s/%%(month)s/%%(rev)s",
    "../x/%%(rev)s",
    "../%%(rev)s",
    "missing/../x/%%(rev)s",
    "missing/../%%(rev)s",
    ".%%(rev)s",
    "..",
    ".#%%(rev)s",
    "__init__%%(rev)s",
    "%%(rev)s.",
    "%%(rev)s.pyc",
    "caf\u00e9_%%(rev)s",
    "%%(rev)s %%(slug)s",
    "./%%(rev)s",
    "x/",
    "",
    "plain",
    "%%%%_%%(rev)s",
    "%%(unknown)s",
    "%%(rev)d",
    "%%s",
    "%%",
    "%(rev)s",
)
LENGTHS = ("40", "0", "1", "5", "8", "-3", "x", "", " 7 ", "1_0", "4.5")
ZONES = (
    "utc",
    "UTC",
    "Europe/Berlin",
    "europe/berlin",
    "est5edt",
    "nowhere",
    "",
    "../x",
    "/x",
    "a\u00e9",
)
ENCODINGS = (
    "utf-8",
    "utf8",
    "latin-1",
    "ascii",
    "utf-16",
    "utf-8-sig",
    "cp1252",
    "unknown",
    "",
    "hex",
)
LOCATIONS = (
    "m/versions",
    "v1",
    "v1 v2",
    "v1 m/versions",
    "v1 v1",
    "v1, v2",
    "v1:v2",
    "v1;v2",
    "v1\n  v2",
    "v1 ./v1",
    "m/versions/../versions",
    "%(here)s/v1",
    "v1 v1/sub",
    "",
)
SEPARATORS = ("space", "os", ":", ";", "newline", "", "comma", "Space")
BOOLEANS = ("true", "false", "1", "0", "yes", "", "maybe", "True")
PLACES = ("m/versions", "m/versions", "m/versions", "v1", "v2", "v1/sub", "m/versions/2023")
FILE_NAMES = (
    "{0}_a.py",
    "{0}.py",
    "2024.01_{0}.py",
    "{0}.x.y.py",
    "..py",
    "...py",
    ".{0}.py",
    "{0} b.py",
    "x.pyc.py",
)
FORMS = ("source", "source", "source", "cached", "cached alone", "beside", "beside alone")
DOCS = (
    '"""add a table\n\nMore of it.\n"""\n',
    '"""one"""\n',
    "",
    "'\\ud800 lone'\n",
    "'''\n\n  far below\n\nmore'''\n",
    "r'''caf\u00e9'''\n",
)
NOTHING = ("None", "None", "''", "()", "[]")
MESSAGES = (
    None,
    "",
    "add a table",
    "Add A-Table.with,dots",
    "caf\u00e9 \u2192 x",
    "a" * 60,
    "word " * 20,
    '\'quotes\' """ and \\ more',
    "two\nlines\n\nand more",
    "  spaces  ",
    "../../x",
    "${up_revision} <% x %>",
    "## not a comment",
    "100% %(rev)s",
    "lone \ud800",
    "nul \0",
    "tab\t\r",
    "\u4e2d\u6587",
    '"',
    "\\",
    "\\N{x}",
)
IDS = (
    None,
    None,
    None,
    "new1",
    "",
    "1",
    "aa",
    "aa01",
    "north",
    "a-b",
    "a:b@c+d",
    "a/b",
    "../b",
    "a.b",
    "a'b",
    'a"b',
    "a\\b",
    "a b",
    "%s",
    "caf\u00e9",
    "head",
    "feedbeef",
    "x" * 40,
)
PATHS = (
    "",
    "m/versions",
    "./m/versions",
    "m/versions/",
    "m/../m/versions",
    "v1",
    "v2",
    "v1/sub",
    "<folder>/v1",
    "<folder>/m/versions",
    "<folder>/m/./versions",
    "elsewhere",
    ".",
)


def make(rnd: random.Random) -> Any:
    """Return a few settings, a few revision files, and the arguments."""
    return {
        "settings": _settings(rnd),
        "files": _files(rnd),
        "arguments": _arguments(rnd),
        **({"omit": rnd.choice(("branch_labels", "depends_on"))} if rnd.random() < 0.05 else {}),
    }


def _settings(rnd: random.Random) -> dict[str, str]:
    chances = (
        ("file_template", TEMPLATES, 0.4),
        ("truncate_slug_length", LENGTHS, 0.25),
        ("timezone", ZONES, 0.2),
        ("version_locations", LOCATIONS, 0.4),
        ("path_separator", SEPARATORS, 0.35),
        ("version_path_separator", SEPARATORS, 0.1),
        ("recursive_version_locations", BOOLEANS, 0.25),
        ("output_encoding", ENCODINGS, 0.2),
        ("sourceless", BOOLEANS, 0.4),
    )
    return {name: rnd.choice(values) for name, values, chance in chances if rnd.random() < chance}


def _files(rnd: random.Random) -> list[list[str]]:
    names = NAMES[: rnd.choice((0, 1, 1, 2, 3, 4))]
    files = []
    place = rnd.choice(PLACES)
    for number, name in enumerate(names):
        parents = rnd.sample(names[:number], min(number, rnd.choice((0, 1, 1, 1, 2))))
        down = repr(tuple(parents)) if len(parents) > 1 else repr(*parents) if parents else None
        needs = None
        if number and rnd.random() < 0.2:
            needs = repr(rnd.choice((names[0], [names[0]], "north")))
        label = (
            repr(rnd.choice(("north", ["south"], ("east", "west")))) if rnd.random() < 0.2 else None
        )
        header = {
            "revision": repr(name),
            "down_revision": down or "None",
            "branch_labels": label or rnd.choice(NOTHING[:2] if label is None else NOTHING),
            "depends_on": needs or (rnd.choice(NOTHING) if rnd.random() < 0.3 else "None"),
        }
        if rnd.random() < 0.05:
            header.pop(rnd.choice(tuple(header)))
        annotated = ": str" if rnd.random() < 0.2 else ""
        source = rnd.choice(DOCS) + "".join(
            f"{key}{annotated} = {value}\n" for key, value in header.items()
        )
        if rnd.random() < 0.2:
            place = rnd.choice(PLACES)
        file_name = rnd.choice(FILE_NAMES) if rnd.random() < 0.5 else "{0}_.py"
        files.append([f"{place}/{file_name.format(name)}", rnd.choice(FORMS), source])
    return files


def _arguments(rnd: random.Random) -> dict[str, Any]:
    names = (*NAMES, "aa", "north", "south", "unknown", "")
    heads: tuple[Any, ...] = (
        "head", "heads", "base", "north@head", "south@base", "aa01@head", "heads", "-1", "head-1",
        "aa01-1", "aa01-2", "north@-1", "north@", "@head", "+1", "aa01+1", "bb02-1",
        None, [], ["aa01", "bb02"], ["aa01", "aa01"], ["base"], ["head", "base"], ["aa01", "-1"], *names,
    )  # fmt: skip
    needs: tuple[Any, ...] = ("base", "head", "heads", ["aa01", "bb02"], [], [""], "aa01-1", "north@head", "aa01-2",
             ("aa01",), *names)  # fmt: skip
    labels: tuple[Any, ...] = ("north", "new", ["new"], ["new", "other"], [], ("new",), "", [""], "aa01", "a-b", "a@b",
              "new1", "feedbeef0001", "n'w", "head", "a b")  # fmt: skip
    chances = (
        ("message", MESSAGES, 0.7),
        ("head", heads, 0.5),
        ("splice", (True, False), 0.4),
        ("branch_label", labels, 0.3),
        ("version_path", PATHS, 0.3),
        ("rev_id", IDS, 0.4),
        ("depends_on", needs, 0.3),
        ("sql", (True, False), 0.03),
    )
    found = {name: rnd.choice(values) for name, values, chance in chances if rnd.random() < chance}
    if found.get("rev_id") in NAMES:
        # Alembic replaces the revision, and follows a label around the cycle for ever.
        found.pop("branch_label", None)
    return found


#: The beginnings of errors that only limbeck raises, each with the reason.
REFUSALS = {
    "Revision identifier ": "an identifier that is taken, or that no command could name, is refused",
    "Branch label ": "a label that is no printable text is refused",
    "Branch name ": "a label that is taken is refused before a file is written",
    "Revision file ": "no file is overwritten, a file that is not Python is not written, and one without down_revision is named",
    "Head ": "a head below the first revision is refused",
    "Dependency ": "a dependency on the base is refused",
}
#: Exceptions by which Alembic crashes on a setting or argument that limbeck refuses with a reason.
UNEXPECTED = (*CRASHES, "builtins.FileExistsError", "builtins.LookupError", "builtins.SyntaxError")
_NOT_A_LOCATION = "is not represented in current version locations"
_BESIDE = "a new file goes beside its parent, in a subfolder of a version location too"
_BYTE_CODE_TWICE = re.compile(r"File .*\.pyc loaded twice!")


def better(case: Any, ours: Any, theirs: Any) -> str | None:
    error = raised(ours)
    if error is None:
        return _better_result(case, ours, theirs)
    if raised(theirs) == "builtins.FileExistsError":
        return "the folder `x/..` is there as soon as `x` is"
    if _has_cycle_of_empty_depends_on(case, theirs):
        return "an empty depends_on is no dependency: Alembic finds a cycle"
    if raised(theirs) == "builtins.AssertionError" and _has_file(case, ours["left"], ".py"):
        return "a file named .py is loaded; then it lacks the labels"
    if raised(theirs) and _NOT_A_LOCATION in theirs["left"]["message"] and _is_recursive(case):
        return f"{_BESIDE}; a later step fails"
    if any(text != "a folder" for text in ours["left"]["files"].values()):
        return None
    message = ours["left"]["message"]
    if case.get("arguments", {}).get("head") == [] and (
        error == "alembic.util.exc.MissingParent"
        or message.startswith(("Could not determine revision id", "No module named"))
        or (raised(theirs) and theirs["left"]["files"])
    ):
        return "what is wrong with the files is found before another is written"
    if error == raised(theirs) and message == theirs["left"]["message"]:
        return "no folder is left behind by a command that is refused"
    if error == "alembic.util.exc.MissingParent" and raised(theirs) == "builtins.KeyError":
        return "one reported error names the revision that is not there"
    if error != "alembic.util.exc.CommandError":
        return None
    for beginning, reason in REFUSALS.items():
        if message.startswith(beginning):
            return reason
    if raised(theirs) in UNEXPECTED:
        return "one reported error says what is wrong"
    if raised(theirs) == error and not theirs["left"]["files"] and not ours["left"]["files"]:
        return "two things are wrong, and each program reports another of them"
    return None


def _better_result(case: Any, ours: Any, theirs: Any) -> str | None:
    """Return why limbeck may write a revision where Alembic fails or warns."""
    if case.get("arguments", {}).get("head") == [] and _is_read_twice(ours, theirs):
        return "with no head to look up, Alembic reads the new file twice, and limbeck once"
    if raised(theirs) is None:
        their_warnings = [text for text in theirs["warnings"] if not _BYTE_CODE_TWICE.match(text)]
        if {**theirs, "warnings": their_warnings} == ours:
            return "byte code that is not loaded is not reported as loaded twice"
        return None
    if raised(theirs) == "builtins.FileExistsError":
        return "the folder `x/..` is there as soon as `x` is"
    if raised(theirs) == "builtins.AssertionError" and _has_file(case, ours, ".py"):
        return "a file named .py is loaded"
    if _has_cycle_of_empty_depends_on(case, theirs):
        return "an empty depends_on is no dependency: Alembic finds a cycle"
    if _NOT_A_LOCATION in theirs["left"]["message"] and _is_recursive(case):
        return _BESIDE
    return None


def _is_recursive(case: Any) -> bool:
    return bool(case.get("settings", {}).get("recursive_version_locations") == "true")


def _is_read_twice(ours: Any, theirs: Any) -> bool:
    """Return whether Alembic reads the new file with all others and then adds it once more."""
    error = raised(theirs)
    if error is None:
        twice = re.compile("present more than once|loaded twice")
        their_warnings = [text for text in theirs["warnings"] if not twice.search(text)]
        our_warnings = [text for text in ours["warnings"] if not twice.search(text)]
        return bool({**theirs, "warnings": their_warnings} == {**ours, "warnings": our_warnings})
    revision = ours["script"]["revision"]
    text = f"in revision {revision} already used by revision {revision}"
    return error.endswith(".RevisionError") and theirs["left"]["message"].endswith(text)


def _has_file(case: Any, ours: Any, name: str) -> bool:
    paths = [file[0] for file in case.get("files", [])] + list(ours["files"])
    return any(path.split("/")[-1] == name for path in paths)


#: With `head=[]`, the graph is built after the point at which Alembic translates its errors.
_CYCLE_ERRORS = (
    "alembic.util.exc.CommandError",
    "alembic.script.revision.DependencyCycleDetected",
)


def _has_cycle_of_empty_depends_on(case: Any, theirs: Any) -> bool:
    return (
        raised(theirs) in _CYCLE_ERRORS
        and theirs["left"]["message"].startswith("Dependency cycle")
        and any("depends_on" in file[2] and "= ''" in file[2] for file in case.get("files", []))
    )


def test_same_revision_is_written(random_cases: RandomCases) -> None:
    random_cases.compare("revision_command", make, better=better, crashes=())
