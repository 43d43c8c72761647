"""Rust's ini reader against `configparser`, on generated files."""

import io
from collections.abc import Callable
from configparser import ConfigParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from limbeck import _core
from limbeck.settings.ini_view import config_parser

DEFAULTS = [("here", "/h"), ("Two", "%(here)s/2")]
SOURCE = "some.ini"

NAMES = st.sampled_from(["a", "A", "b", "b c", "İ", "a.type", "", "%", "here", "#a", "[a"])
VALUES = st.sampled_from(
    [
        "",
        "1",
        " x ",
        "%(a)s",
        "%(B)s %(here)s",
        "%%",
        "%",
        "%(a",
        "%(nowhere)s",
        "%()s",
        "v ; no",
        "k = v",
        "é\x1c",
    ]
)
LINES = st.one_of(
    st.sampled_from(
        [
            "",
            "   ",
            "# c",
            "  ; c",
            "\t",
            "[a]",
            "[ b ] x",
            "[DEFAULT]",
            "[]",
            "[a]]",
            "[x",
            "nothing",
            "\x1d",
            "\x0b[a]",
        ]
    ),
    st.builds("[{}]".format, st.sampled_from(["a", "b", "c", "alembic"])),
    st.builds(
        "{}{}{}{}".format,
        st.sampled_from(["", "  ", "\t"]),
        NAMES,
        st.sampled_from(["=", ":", " = ", " : "]),
        VALUES,
    ),
    st.builds("{}{}".format, st.sampled_from([" ", "    ", "\t", "\u2003"]), VALUES),
    st.text(alphabet="ab=:[]#;%()s \t\x85é", max_size=12),
)
FILES = st.builds(
    lambda lines, end, last: end.join(lines) + last,
    st.lists(LINES, max_size=14).flatmap(lambda more: st.sampled_from([["[a]", *more], more])),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["", "\n"]),
)


def outcome(work: Callable[[], Any]) -> Any:
    """Return the result, or the type and message of the exception."""
    try:
        return work()
    except Exception as problem:  # noqa: BLE001 # both readers must raise the same
        return type(problem), str(problem)


def read_by_python(text: str) -> ConfigParser:
    parser = ConfigParser(dict(DEFAULTS))
    parser.read_file(io.StringIO(text, newline=None), SOURCE)
    return parser


@given(FILES)
@settings(max_examples=1500, deadline=None)
def test_values_equal_those_of_configparser(text: str) -> None:
    theirs = outcome(lambda: read_by_python(text))
    ours = outcome(lambda: _core.Ini.parse(text, DEFAULTS, SOURCE))
    if not isinstance(theirs, ConfigParser):
        assert ours == theirs
        return
    assert isinstance(ours, _core.Ini), (ours, text)
    assert list(ours.sections()) == theirs.sections()
    assert list(ours.defaults().items()) == list(theirs.defaults().items())
    for section in theirs.sections():
        compare_section(section, ours, theirs)


def compare_section(section: str, ours: _core.Ini, theirs: ConfigParser) -> None:
    assert outcome(lambda: ours.items(section)) == outcome(lambda: dict(theirs.items(section)))
    for option in theirs.options(section):
        assert ours.has_option(section, option.upper()) == theirs.has_option(
            section, option.upper()
        )
        compare_value(section, option, ours, theirs)


def compare_value(section: str, option: str, ours: _core.Ini, theirs: ConfigParser) -> None:
    assert outcome(lambda: ours.get(section, option)) == outcome(
        lambda: theirs.get(section, option)
    )


@given(FILES)
@settings(max_examples=300, deadline=None)
def test_file_config_equals_configparser(text: str) -> None:
    theirs = outcome(lambda: read_by_python(text))
    if not isinstance(theirs, ConfigParser):
        return
    parser = config_parser(_core.Ini.parse(text, DEFAULTS, SOURCE))
    assert parser.sections() == theirs.sections()
    assert dict(parser.defaults()) == dict(theirs.defaults())
    for section in theirs.sections():
        assert parser.items(section, raw=True) == theirs.items(section, raw=True)
    assert outcome(lambda: parser.set("DEFAULT", "x", "50%")) == outcome(
        lambda: theirs.set("DEFAULT", "x", "50%")
    )


def test_interpolation_ends_after_ten_levels() -> None:
    for levels in (9, 10, 11):
        text = (
            "[a]\n"
            + "".join(f"v{i} = %(v{i + 1})s\n" for i in range(levels))
            + f"v{levels} = end\n"
        )
        ini = _core.Ini.parse(text, [], SOURCE)
        parser = ConfigParser()
        parser.read_string(text)
        compare_value("a", "v0", ini, parser)


def test_toml_equals_tomllib() -> None:
    tomllib = pytest.importorskip("tomllib", reason="Python 3.11 and later have it")
    text = (
        '[tool.alembic]\ns = "x"\nn = 5\nf = 1.5\nb = true\nl = ["a", 1]\nt = {a = 1, "b c" = []}\n'
        "d = 2020-01-02\nm = 2020-01-02T03:04:05Z\nlocal = 2020-01-02T03:04:05.5\nc = 03:04:05\n[[tool.x]]\ny = 1\n"
    )
    assert _core.parse_toml("x", text) == tomllib.loads(text)
