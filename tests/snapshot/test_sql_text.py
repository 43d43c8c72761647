"""Texts of SQL are read as their database does."""

import pytest
import sqlalchemy as sa
from limbeck.snapshot import take
from limbeck.snapshot.sql_text import function_on_one_line, one_line, without_parentheses
from limbeck.snapshot.types import Object


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a  =\n 'b  c'", "a = 'b  c'"),
        ("'it''s  x'  AND\t\"a  b\"", "'it''s  x' AND \"a  b\""),
        ("'two\nlines'\n", "'two␊lines'"),
        ("a -- don't  do\n  b  'x  y'", "a -- don't do b 'x  y'"),
        ("/* don't */  'x  y'", "/* don't */ 'x  y'"),
        ("not  'closed", "not 'closed"),
    ],
)
def test_only_blanks_of_a_literal_count(text: str, expected: str) -> None:
    assert one_line(text) == expected


def test_backslash_escapes_a_quote_on_mysql() -> None:
    assert one_line(r"'it\'s  x'  y", of_mysql=True) == r"'it\'s  x' y"
    assert one_line(r"'a\'  'b  c'") == r"'a\' 'b  c'"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("((1 + 2))", "1 + 2"),
        ("( (1) + (2) )", "(1) + (2)"),
        ("(1) + (2)", "(1) + (2)"),
        ("(')')", "')'"),
        ("'('", "'('"),
        ("(1", "(1"),
    ],
)
def test_parentheses_around_an_expression_do_not_count(text: str, expected: str) -> None:
    assert without_parentheses(text) == expected


_TABLE = """
CREATE TABLE "a(b" ( -- COLLATE RTRIM, x
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    [s, x] text DEFAULT 'COLLATE RTRIM, ''' /* COLLATE RTRIM */ collate nocase,
    plain text CHECK (plain <> 'b' COLLATE NOCASE),
    "CHECK" text COLLATE "rtrim" NOT NULL,
    `b` text COLLATE BINARY,
    CONSTRAINT u UNIQUE (plain COLLATE NOCASE)
)
"""


def test_collation_and_autoincrement_of_sqlite(sqlite_url: str) -> None:
    engine = sa.create_engine(sqlite_url)
    with engine.connect() as connection:
        connection.exec_driver_sql(_TABLE)
        connection.exec_driver_sql("CREATE TABLE other (id INTEGER PRIMARY KEY)")
        found = take(connection).objects
    engine.dispose()
    assert found[Object("a(b", "primary key")] == "id AUTOINCREMENT"
    assert found[Object("other", "primary key")] == "id"
    texts = {name.name: text for name, text in found.items() if name.kind == "column"}
    assert texts.pop("s, x").endswith(" COLLATE NOCASE")
    assert texts.pop("CHECK") == "TEXT NOT NULL COLLATE RTRIM"
    assert not any("COLLATE" in text for text in texts.values())


def test_strings_of_postgresql_keep_their_spaces() -> None:
    assert one_line("$x$a  'b$x$  y  $$ c  d$$") == "$x$a  'b$x$ y $$ c  d$$"
    assert one_line(r"E'it\'s  x'  e'y  z'  y") == r"E'it\'s  x' e'y  z' y"
    assert one_line("$1  +  $2") == "$1 + $2"


@pytest.mark.parametrize(
    "language, body",
    [
        ("plpgsql", "$function$BEGIN RETURN $x$a  b$x$; END$function$"),
        ("plpython3u", "$function$BEGIN␊  RETURN $x$a  b$x$;  END$function$"),
    ],
)
def test_body_of_a_function_is_folded_where_layout_has_no_meaning(language: str, body: str) -> None:
    definition = f"CREATE FUNCTION f()\n RETURNS text\n LANGUAGE {language}\nAS $function$BEGIN\n  RETURN $x$a  b$x$;  END$function$\n"
    assert (
        function_on_one_line(definition)
        == f"CREATE FUNCTION f() RETURNS text LANGUAGE {language} AS {body}"
    )
