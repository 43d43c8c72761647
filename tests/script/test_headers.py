"""Rust's header reader, compared with running the file, on generated revision files."""

import types
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from limbeck import _core

NAMES = st.sampled_from(["revision", "down_revision", "branch_labels", "depends_on"])
VALUES = st.sampled_from(
    [
        "'a'", '"b"', "None", "('a', 'b')", "['a']", "{'a'}", "()", "'a', 'b'", "'a',", "('a'\n    'b')", "r'a\\b'",
        "u'a'", "'\\x41\\u00e9'", "'\\N{BULLET}'", "'a' 'b'", "'a' + 'b'", "f'a'", "b'a'", "12", "'a'.upper()", "other",
        "tuple(['a'])", "'a' if True else 'b'", "(revision := 'w')", "lambda revision: 1", "[revision for revision in 'ab'][0]",
        "('a' \\\n'b')", "'''a\ndef b'''", "...", "('a', None)",
    ]
)  # fmt: skip
UNUSUAL = st.one_of(
    st.builds("{} = {}".format, NAMES, VALUES),
    st.builds("{}: str = {}".format, NAMES, VALUES),
    st.builds("{}: str".format, NAMES),
    st.builds("{} = {} = {}".format, NAMES, NAMES, VALUES),
    st.builds("{}, {} = {}, {}".format, NAMES, NAMES, VALUES, VALUES),
    st.builds("({}, x) = {}".format, NAMES, VALUES),
    st.builds("{} += 'z'".format, NAMES),
    st.builds("del {}".format, NAMES),
    st.builds("if other:\n    {} = {}".format, NAMES, st.sampled_from(["'i'", "None"])),
    st.builds("for {} in ['f']:\n    pass".format, NAMES),
    st.builds("def upgrade():\n    {} = 'local'\n    op = '''\nrevision = 'no'\n'''".format, NAMES),
    st.builds("def f():\n    global {}\n    {} = 'g'\nf()".format, NAMES, NAMES),
    st.builds("class C:\n    {} = 'c'".format, NAMES),
    st.builds("def {}():\n    pass".format, NAMES),
    st.builds("import os as {}".format, NAMES),
    st.builds("from os.path import sep as {}".format, NAMES),
    st.builds("try:\n    1 / 0\nexcept ZeroDivisionError as {}:\n    pass".format, NAMES),
    st.builds("globals()['{}'] = 'q'".format, NAMES),
    st.builds("def g(x=({} := 'd')):\n    pass".format, NAMES),
    st.builds("match ['m']:\n    case [{}]:\n        pass".format, NAMES),
    st.sampled_from(
        [
            "'a string'", "# revision = 'comment'", "", "import os", "from os import *", "other = 'o'", "pass",
            "__doc__ = 'new'", "exec('revision = 1')", "def downgrade():\n    pass", "x = '''\nclass A:\n'''",
            "@staticmethod\ndef h():\n    pass", "async def i():\n    pass", "op.execute if False else None",
        ]
    ),
)  # fmt: skip
#: Parts of real headers, most of which the reader handles without Python.
USUAL = st.one_of(
    st.builds(
        "revision = {}".format,
        st.sampled_from(["'a'", '"b"', "('a'\n 'b')", "u'a'", "'''a'''"]),
    ),
    st.builds(
        "{}: object = {}".format,
        st.sampled_from(["down_revision", "branch_labels", "depends_on"]),
        st.sampled_from(["None", "'a'", "('a', 'b')", "['a']", "{'a'}", "()", "'a', 'b'"]),
    ),
    st.builds(
        "revision, down_revision = 't', {}".format, st.sampled_from(["'u'", "None", "('v', 'w')"])
    ),
    st.sampled_from(
        [
            "import os", "other = 'o'", "# revision = 'comment'", "", "x = '''\nclass A:\n'''", "pass",
            "def upgrade():\n    revision = 'local'\n    depends_on: str = 'local'",
            "def downgrade():\n    '''Back to revision a.'''\n    for revision in []:\n        pass",
            "def f(revision=None, *, depends_on='x'):\n    return revision",
            "class C:\n    pass",
            "if other:\n    import sys",
        ]
    ),
)  # fmt: skip
STATEMENTS = st.integers(0, 11).flatmap(lambda odds: USUAL if odds else UNUSUAL)
DOCSTRINGS = st.sampled_from(
    [
        "",
        "'one'\n",
        '"""first\n\n  Revision ID: a\n\ttab\n    """\n',
        "'a' 'b'\n",
        "b'x'\n",
        "f'x'\n",
        "# c\n\n'late'\n",
        "''\n",
        "'\\\nx'\n",
    ]
)
SOURCES = st.builds(
    lambda doc, statements, end: (
        doc + "other = None\n" * (not doc) + "\n".join(statements) + "\n"
    ).replace("\n", end),
    DOCSTRINGS,
    st.lists(STATEMENTS, max_size=7),
    st.sampled_from(["\n", "\n", "\r\n", "\r"]),
)

#: A header that needs no Python.
CERTAIN = "revision = 'r'\ndown_revision = None\nother = 'o'\n"


def run(path: Path) -> types.ModuleType:
    """Run a file as an import would."""
    module = types.ModuleType(path.stem)
    code = compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
    exec(code, module.__dict__)  # noqa: S102 # running the file is the point
    return module


def as_list(value: Any) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else list(value)


def has_valid_header(module: types.ModuleType) -> bool:
    """Return whether a module that ran has a valid header."""
    names = ("down_revision", "branch_labels", "depends_on")
    values = [getattr(module, name, None) for name in names]
    supported_types = all(v is None or isinstance(v, (str, tuple, list, set)) for v in values)
    return (
        supported_types
        and isinstance(getattr(module, "revision", None), str)
        and hasattr(module, "down_revision")
        and all(isinstance(item, str) for value in values for item in as_list(value))
    )


@given(SOURCES, st.booleans())
@settings(
    max_examples=2500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_header_equals_that_of_the_imported_module(
    tmp_path: Path, source: str, with_usual_header: bool
) -> None:
    file = tmp_path / "r.py"
    file.write_bytes(
        (
            CERTAIN.replace("\n", "\r\n" if "\r\n" in source else "\n")
            if with_usual_header and source[:1] not in "'\""
            else ""
        ).encode()
        + source.encode()
    )
    try:
        module = run(file)
    except Exception:  # noqa: BLE001 # generated code raises anything
        return  # a file that does not run has no header to compare with
    if not has_valid_header(module):
        return
    imported: list[str] = []

    def load(path: str) -> types.ModuleType:
        imported.append(path)
        return run(Path(path))

    catalog = _core.Catalog([str(tmp_path)], load=load)
    header = catalog.header(0)
    assert header.revision == module.revision
    for name in ("down_revision", "branch_labels", "depends_on"):
        assert sorted(getattr(header, name)) == sorted(as_list(getattr(module, name, None))), name
    assert (header.doc or "") == (module.__doc__ or "")


def read_without_python(folder: Path) -> Any:
    def load(path: str) -> Any:
        raise AssertionError(f"{path} was left to Python")

    return _core.Catalog([str(folder)], load=load).header(0)


@pytest.mark.parametrize(
    "source",
    [
        """'''add

Revision ID: r
'''
from typing import Union

revision: str = 'r'
down_revision: Union[str, None] = 'd'
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
""",
        "revision = 'r'\ndown_revision = 'd'\ndef upgrade():\n    '''to this revision'''\n",
        "# -*- coding: utf-8 -*-\nrevision = 'r'\ndown_revision = ('d',)\n",
        "\ufeffrevision = 'r'\r\ndown_revision = ['d']\r\n",
    ],
)
def test_usual_headers_need_no_python(tmp_path: Path, source: str) -> None:
    (tmp_path / "r.py").write_bytes(source.encode())
    header = read_without_python(tmp_path)
    assert (header.revision, header.down_revision) == ("r", ["d"])


@pytest.mark.parametrize(
    "piece",
    ["(", "-", "not ", "1 + ", "a.", "lambda: ", "1 if 1 else ", "[1, "],
)
def test_deep_nesting_does_not_crash(tmp_path: Path, piece: str) -> None:
    """An overflow of the stack would end the test run."""
    (tmp_path / "r.py").write_text(CERTAIN + "x = " + piece * 100_000 + "1\n")
    module = types.SimpleNamespace(revision="p", down_revision=None)
    assert _core.Catalog([str(tmp_path)], load=lambda path: module).header(0).revision == "p"


def test_syntax_error_is_reported_with_its_position(tmp_path: Path) -> None:
    from limbeck.util.exc import CommandError

    (tmp_path / "r.py").write_text("revision = 'r'\nx = (\n")
    with pytest.raises(CommandError, match=r"r\.py, line 2, column 5: "):
        _core.Catalog([str(tmp_path)], load=lambda path: run(Path(path)))


def test_declared_encoding_is_left_to_python(tmp_path: Path) -> None:
    (tmp_path / "r.py").write_bytes(
        "# coding: latin-1\n'é'\nrevision = 'é'\ndown_revision = None\n".encode("latin-1")
    )
    header = _core.Catalog([str(tmp_path)], load=lambda path: run(Path(path))).header(0)
    assert (header.revision, header.doc) == ("é", "é")


def test_changed_file_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "r.py"
    file.write_text("revision = 'a'\ndown_revision = None\n")
    catalog = _core.Catalog([str(tmp_path)], load=lambda path: run(Path(path)))
    assert not catalog.refresh()
    file.write_text("revision = 'b'\ndown_revision = None\n")
    assert catalog.refresh()
    assert catalog.header(0).revision == "b"
    file.unlink()
    assert catalog.refresh()
    assert len(catalog) == 0
