"""Old files put together: their names are kept apart, and what is not certain is refused."""

import ast
import textwrap
from pathlib import Path
from typing import Any

import pytest
from limbeck.squashing.concat import concatenated
from limbeck.squashing.old_file import OldFile
from limbeck.util.exc import CommandError

_HEAD = "from alembic import op\nimport sqlalchemy as sa\n\nrevision = 'x'\n"
_HEADER = "revision = '{id}'\ndown_revision = {down!r}\n"


def together(folder: Path, *sources: str) -> str:
    """Return the code of revisions with the identifiers a1, a2, …"""
    files = []
    for number, source in enumerate(sources, 1):
        path = folder / f"a{number}_make.py"
        header = _HEADER.format(id=f"a{number}", down=f"a{number - 1}" if number > 1 else None)
        path.write_text(textwrap.dedent(source).replace("HEADER", header))
        files.append(OldFile.read(f"a{number}", str(path)))
    parts = concatenated(files, _HEAD)
    futures = [f"from __future__ import {name}" for name in parts.futures]
    body = "".join(f"    {line}\n" for line in parts.body.upgrade.split("\n"))
    return "\n".join([*futures, _HEAD, *parts.body.imports, *parts.sections]) + (
        f"\ndef upgrade():\n{body or '    pass'}\n"
    )


def run(code: str) -> list[Any]:
    """Run `upgrade()`, and return what the revisions have logged with `op.execute`."""
    logged: list[Any] = []
    code = code.replace("from alembic import op\n", "").replace("import sqlalchemy as sa\n", "")
    module: dict[str, Any] = {"op": logged.append, "sa": None, "__name__": "squash"}
    exec(compile(code, "squash.py", "exec", dont_inherit=True), module)  # noqa: S102 - the code of this test
    module["upgrade"]()
    return logged


#: Pairs of bodies whose names are the same, and what they log.
_KEPT_APART = {
    "constants": (
        "HEADER\nLIMIT = 1\ndef upgrade():\n    op(LIMIT)\n",
        "HEADER\nLIMIT = 2\ndef upgrade():\n    op(LIMIT)\n",
        [1, 2],
    ),
    "helpers that call each other": (
        "HEADER\ndef a():\n    return b()\ndef b():\n    return 1\ndef upgrade():\n    op(a())\n",
        "HEADER\ndef b():\n    return 2\ndef a():\n    return b()\ndef upgrade():\n    op(a())\n",
        [1, 2],
    ),
    "a local name and one of the module": (
        "HEADER\nx = 1\ndef upgrade():\n    op(x)\n",
        "HEADER\nx = 2\ndef f(x):\n    return [x for x in (x, 9)]\ndef upgrade():\n    op(f(3)); op(x)\n",
        [1, [3, 9], 2],
    ),
    "global": (
        "HEADER\ncount = 0\ndef upgrade():\n    global count\n    count += 1\n    op(count)\n",
        "HEADER\ncount = 5\ndef upgrade():\n    global count\n    count += 1\n    op(count)\n",
        [1, 6],
    ),
    "imports with one name": (
        "HEADER\nfrom math import floor as f\nimport json, os\ndef upgrade():\n    op(f(1.5)); op(json.__name__)\n",
        "from math import ceil as f\nimport os as json\nHEADER\ndef upgrade():\n    op(f(1.5)); op(json.__name__)\n",
        [1, "json", 2, "os"],
    ),
    "an import and a constant": (
        "from math import pi\nHEADER\ndef upgrade():\n    op(round(pi))\n",
        "HEADER\npi = 9\ndef upgrade():\n    op(pi)\n",
        [3, 9],
    ),
    "a builtin": (
        "HEADER\ndef upgrade():\n    op(len('abc'))\n",
        "HEADER\ndef len(x):\n    return -1\ndef upgrade():\n    op(len('abc'))\n",
        [3, -1],
    ),
    "the header": (
        "HEADER\ndef upgrade():\n    op(revision)\n",
        "HEADER\ndef upgrade():\n    op(down_revision)\n",
        ["a1", "a1"],
    ),
    "classes": (
        "HEADER\nclass T:\n    v = 1\n    def f(self):\n        return T.v\ndef upgrade():\n    op(T().f())\n",
        "HEADER\nclass T:\n    v = 2\n    w = [v for _ in 'a']\nclass U(T):\n    pass\ndef upgrade(): op(U.v)\n".replace(
            "    w = [v for _ in 'a']\n", ""
        ),
        [1, 2],
    ),
    "default values, decorators, lambdas, annotations": (
        "HEADER\nn = 1\ndef d(f):\n    return f\n@d\ndef g(x=n, *, y: int = n):\n    return x + y\ndef upgrade():\n    op(g())\n",
        "HEADER\nn = 10\ndef d(f):\n    return lambda: f() + n\n@d\ndef g(x=n):\n    return x\ndef upgrade():\n    op(g())\n",
        [2, 20],
    ),
    "f-strings and text over several lines": (
        'HEADER\nname = "ä"\ndef upgrade():\n    op(f"{name}é{name}")\n',
        'HEADER\nname = """x\n  y"""\ndef upgrade():\n    op(name)\n',
        ["äéä", "x\n  y"],
    ),
    "a name that was chosen": (
        "HEADER\nn = 1\nn_a2 = 7\ndef upgrade():\n    op(n)\n",
        "HEADER\nn = 2\ndef upgrade():\n    op(n)\n",
        [1, 2],
    ),
    "an import that is tried": (
        "HEADER\ntry:\n    import nothing_here as j\nexcept ImportError:\n    j = 1\ndef upgrade():\n    op(j)\n",
        "HEADER\nj = 2\ndef upgrade():\n    op(j)\n",
        [1, 2],
    ),
    "functions that call upgrade": (
        "HEADER\ndef upgrade():\n    op(1)\ndef downgrade():\n    upgrade()\n",
        "HEADER\ndef other():\n    upgrade()\ndef upgrade(again=False):\n    again or op(2)\n",
        [1, 2],
    ),
    "a module and one inside of it": (
        "import os\nimport os.path\nHEADER\ndef upgrade():\n    op(os.path.join('a', 'b'))\n",
        "import os\nHEADER\ndef upgrade():\n    op(os.path.join('a', 'b'))\n",
        ["a/b", "a/b"],
    ),
    "an import that another one replaces": (
        "from math import floor as f\nfrom math import ceil as f\nHEADER\ndef upgrade():\n    op(f(1.5))\n",
        "from math import floor as f\nHEADER\ndef upgrade():\n    op(f(1.5))\n",
        [2, 1],
    ),
    "a call of what the file has made": (
        "HEADER\nx = []\nx.append(1)\ndef upgrade():\n    op(x)\n",
        "HEADER\nx = []\nx.append(2)\ndef upgrade():\n    op(x)\n",
        [[1], [2]],
    ),
    "a return": (
        "HEADER\ndef upgrade():\n    if 1:\n        return\n    op(0)\n",
        "HEADER\ndef upgrade():\n    op(2)\n",
        [2],
    ),
    "a postponed annotation": (
        "from __future__ import annotations\nHEADER\ndef upgrade(x: nothing = 1):\n    op(x)\n",
        "HEADER\ndef upgrade():\n    op(2)\n",
        [1, 2],
    ),
    "several targets": (
        "HEADER\na, b = 1, 2\ndef upgrade():\n    op(a + b)\n",
        "HEADER\na = b = 4\ndef upgrade():\n    op(a + b)\n",
        [3, 8],
    ),
}


@pytest.mark.parametrize("case", _KEPT_APART)
def test_names_are_kept_apart(case: str, tmp_path: Path) -> None:
    first, second, expected = _KEPT_APART[case]
    code = together(tmp_path, first, second)
    assert run(code) == expected, code


def test_comments_stay_and_the_header_goes(tmp_path: Path) -> None:
    code = together(
        tmp_path,
        '''\
        """make a1

        Revises:
        """
        # the usual imports
        from alembic import op
        import sqlalchemy as sa

        # revision identifiers, used by Alembic.
        HEADER
        # the limit
        LIMIT = 1  # one


        def upgrade():
            # a comment
            op(LIMIT)


        def downgrade():
            pass
        ''',
    )
    _, _, section = code.partition("# ---- a1: a1_make.py\n")
    assert section.startswith(
        "\n\n# the limit\nLIMIT = 1  # one\n\n\ndef _upgrade_a1():\n    # a comment\n    op(LIMIT)\n\ndef upgrade"
    )
    assert "used by Alembic" not in code
    assert code.count("import sqlalchemy as sa") == 1


#: Code that is refused, with the line and a part of the reason.
_REFUSED = {
    "HEADER\nprint(1)\ndef upgrade():\n    pass\n": (4, "runs when the file is imported"),
    "HEADER\nfor x in ():\n    pass\ndef upgrade():\n    pass\n": (4, "runs when"),
    "HEADER\nop.x = 1\ndef upgrade():\n    pass\n": (4, "runs when"),
    "HEADER\ndef upgrade():\n    globals()['f']()\n": (5, "`globals`"),
    "HEADER\nhere = __file__\ndef upgrade():\n    pass\n": (4, "`__file__`"),
    "HEADER\nfrom os import *\ndef upgrade():\n    pass\n": (4, "`import *`"),
    "HEADER\nimport sys\ndef upgrade():\n    sys.modules[__name__]\n": (6, "`sys.modules`"),
    "HEADER\nasync def upgrade():\n    pass\n": (4, "not a usual function"),
    "HEADER\nupgrade = print\n": (4, "not a usual function"),
    "HEADER\ndef upgrade(engine_name):\n    pass\n": (4, "takes arguments"),
    "HEADER\ndef downgrade():\n    pass\n": (1, "no function upgrade()"),
    "HEADER\na = 1; import os\ndef upgrade():\n    pass\n": (4, "several statements"),
}


@pytest.mark.parametrize("source", _REFUSED)
def test_refused(source: str, tmp_path: Path) -> None:
    line, reason = _REFUSED[source]
    with pytest.raises(CommandError) as caught:
        together(tmp_path, source)
    assert f"a1_make.py, line {line}: " in str(caught.value)
    assert reason in str(caught.value)
    assert "\n\nhint: " in str(caught.value)


def test_class_that_a_string_names(tmp_path: Path) -> None:
    source = "HEADER\nclass User:\n    other = relationship('User.id')\ndef upgrade():\n    pass\n"
    assert together(tmp_path, source)
    with pytest.raises(CommandError, match=r"a2_make\.py, line 5: another file has the name User"):
        together(tmp_path, source, source)


def test_mixed_annotations(tmp_path: Path) -> None:
    """Python postpones the annotations of a whole file: those of one of two files are written as strings."""
    postponed = "from __future__ import annotations\nHEADER\nclass T:\n    a: list[T]\ndef f(t: T) -> T | None:\n    pass\n"
    other = "HEADER\nclass T:\n    a: int\n"
    body = "def upgrade():\n    op(T.__annotations__)\n"
    code = together(tmp_path, other + body, postponed + body)
    assert run(code) == [{"a": int}, {"a": "list[T_a2]"}]
    assert "def f(t: 'T_a2') -> 'T_a2 | None':" in code
    assert "__future__" not in code
    code = together(tmp_path, postponed + body)
    assert "list[T]" in code
    assert code.startswith("from __future__ import annotations\n")


def test_no_downgrade(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("revision = 'a'\ndef upgrade():\n    x\n")
    parts = concatenated([OldFile.read("a", str(path))], _HEAD)
    assert parts.body.downgrade == "raise NotImplementedError('revision a has no downgrade()')"
    ast.parse(parts.body.downgrade)
