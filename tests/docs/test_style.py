"""The glossary of STYLE.md has the code's terms."""

import re

from support.pages import ROOT

STYLE = ROOT / "STYLE.md"


def test_each_term_of_the_glossary_is_used_in_the_code() -> None:
    _, _, glossary = STYLE.read_text(encoding="utf-8").partition("\n## Glossary\n")
    rows = re.findall(r"^\| ([^|]+) \| ", glossary, re.MULTILINE)[2:]
    terms = [term for row in rows for term in row.split(", ")]
    assert terms
    files = [*(ROOT / "src").rglob("*.rs"), *(ROOT / "python" / "limbeck").rglob("*.py")]
    code = "\n".join(path.read_text(encoding="utf-8") for path in files).lower()
    # Parts of identifiers count, and terms that the line break of a comment separates.
    words = re.sub(r"[_\s]+(?://[/!]? |# )?", " ", code)
    assert [term for term in terms if not re.search(rf"\b{term}s?\b", words)] == []
