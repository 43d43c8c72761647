"""Random revision files: the header that Alembic imports, and the one that limbeck reads."""

from __future__ import annotations

import random
from typing import Any

from .driver import RandomCases, raised

HEADER = (
    "revision = 'a1a1'\n",
    'revision: str = "a1a1"  # the revision\n',
    "down_revision = None\n",
    "down_revision = 'b1b1'\n",
    "down_revision: Union[str, Sequence[str], None] = ('b1b1', 'c1c1')\n",
    "depends_on = None\n",
    "depends_on = ['b1b1']\n",
    "branch_labels = None\n",
    "branch_labels = ('x',)\n",
)
TOP = (
    '"""add a table\n\nRevision ID: a1a1\n"""\n',
    "'''one'''\n",
    "r'''a\\b'''\n",
    "('a'\n 'b')\n",
    '"""\ndef f(): pass\nrevision = \'z\'\n"""\n',
    "# a comment\n",
    "# revision = 'z'\n",
    "\n",
    "\x0c\n",
    "from typing import Sequence, Union\n",
    "import sys\n",
    "import builtins as b\n",
    "from builtins import globals as g\n",
    "revision = depends_on = None\nrevision = 'a2a2'\n",
    "revision, down_revision = 'a2a2', 'c1c1'\n",
    "if True:\n    down_revision = 'c1c1'\n",
    "x = 'revision'\n",
    "g = globals\n",
    "g()['down_revision'] = 'c1c1'\n",
    "down_revision = (\n    'b1b1'\n)\n",
    "down_revision = 'b1' \\\n    'b1'\n",
    "branch_labels = {'x', 'y'}\n",
    "branch_labels = 'x'\n",
    "from os.path import *\n",
    "__doc__ = 'other'\n",
    "x = '''\ndef f():\n'''\n",
    "caf\u00e9 = 'caf\u00e9'\n",
    "\uff52evision = 'a3a3'\n",
    "revi\u017fion = 'a3a3'\n",
    "x: int = 3; down_revision = 'c1c1'\n",
    "(down_revision) = 'c1c1'\n",
    "[down_revision] = ['c1c1']\n",
    "down_revision = 'b1b1' if x else 'c1c1'\n",
    "x = [(down_revision := 'c1c1') for _ in 'a']\n",
    "x = [down_revision for down_revision in 'ab']\n",
    "import os.path as branch_labels\n",
    "depends_on = f'b1b1'\n",
    "depends_on = u'b1b1'\n",
    "depends_on = '\\x621b1'\n",
    "depends_on = '\\N{LATIN SMALL LETTER B}1b1'\n",
    "depends_on = b'b1b1'\n",
    "depends_on = ''\n",
    "down_revision = ''\n",
    "down_revision = ('',)\n",
    "down_revision = ()\n",
)
BODY = (
    "def upgrade() -> None:\n    pass\n",
    "def upgrade():\n    '''Go to revision a1a1.'''\n    revision = 'x'\n",
    "def downgrade():\n    x = getattr(3, 'real')\n",
    "def f():\n    global down_revision\n    down_revision = 'c1c1'\n",
    "def f():\n    globals()['down_revision'] = 'c1c1'\n",
    "def f():\n    g()['down_revision'] = 'c1c1'\n",
    "def f():\n    b.globals()['down_revision'] = 'c1c1'\n",
    "def f():\n    sys.modules[__name__].down_revision = 'c1c1'\n",
    "def f():\n    setattr(sys.modules[__name__], 'down_' + 'revision', 'c1c1')\n",
    "def f():\n    sys._getframe(1).f_globals['down_revision'] = 'c1c1'\n",
    "def f():\n    f.__globals__['down_revi' + 'sion'] = 'c1c1'\n",
    "def f():\n    getattr(f, '__glo' + 'bals__').update(down_revision='c1c1')\n",
    "def f():\n    getattr(f, '__glo' + 'bals__').update({'down_' + 'revision': 'c1c1'})\n",
    "def f():\n    exec('global down_revision; down_revision = \"c1c1\"')\n",
    "def f():\n    __import__('sys').modules[__name__].branch_labels = ('z',)\n",
    "def f():\n    global \uff44own_revision\n    \uff44own_revision = 'c1c1'\n",
    "def f():\n    \uff47lobals()['down_' 'revision'] = 'c1c1'\n",
    "f()\n",
    "def change(function):\n    function.__globals__['down_' + 'revision'] = 'c1c1'\n    return function\n",
    "def change(function):\n    global branch_labels\n    branch_labels = ('z',)\n    return function\n",
    "@change\ndef g1(): pass\n",
    "@change\nclass C1: pass\n",
    "class C:\n    down_revision = 'c1c1'\n",
    "class C:\n    global down_revision\n    down_revision = 'c1c1'\n",
    "class C:\n    locals()['x'] = 1\n",
    "def f2(x=(down_revision := 'c1c1')): pass\n",
    "lambda: (down_revision := 'c1c1')\n",
    "down_revision = 'c1c1'\n",
    "down_rev\u0131sion = 'c1c1'\n",
    "down_revi\u017fion = 'c1c1'\n",
    "\uff44own_revision: str = 'c1c1'\n",
    "del depends_on\n",
    "del branch_labels, depends_on\n",
    "for down_revision in ['b1b1', 'c1c1']: pass\n",
    "for x.down_revision in []: pass\n",
    "while False:\n    down_revision = 'c1c1'\n",
    "with open('/dev/null') as depends_on: pass\ndepends_on = None\n",
    "try:\n    1 / 0\nexcept ZeroDivisionError as depends_on: pass\n",
    "import os as branch_labels\n",
    "from os import sep as branch_labels\n",
    "from os.path import (\n    *)\n",
    "from os.path import \\\n    *\n",
    "match {'a': 'c1c1'}:\n    case {'a': down_revision}: pass\n",
    "match ['c1c1']:\n    case [*down_revision]: pass\n",
    "async def down_revision(): pass\ndown_revision = None\n",
    "def depends_on(): pass\ndepends_on = 'b1b1'\n",
    "vars()['down_revision'] = 'c1c1'\n",
    "locals().update(down_revision='c1c1')\n",
    "eval('globals()')['down_revision'] = 'c1c1'\n",
    "type(sys)('m').revision = 3\n",
    "if (down_revision := 'c1c1'): pass\n",
    "assert True\n",
    "'''\ndown_revision = 'c1c1'\n'''\n",
    "# the revision\n",
    "x = 'caf\u00e9'\n",
    "# caf\u00e9 \uff44own_revision\n",
    "x = 1 if True else 2; down_revision = 'b1b1'\n",
    "print = print; print\n",
    "x = '''a''' '''\ndef f(): pass\ndepends_on = 'c1c1'\n'''\n",
    "x = (\n'''\ndef y(): pass\n''')\n",
    "x = 1 \\\n\n",
    "type X = int\n",
    "def gen[T](x: T) -> T: return x\n",
    "x = f'{'nested'}'\n",
    "x = 0o17 + 1_000 + 0xfF\n",
    "if True:\n\tx = 1\n        \n",
    "if True:\n        x = 1\n\ty = 2\n",
    "x = 'a\\ud800'\n",
    "except_ = lambda *, a=1, **k: 0\n",
    "x = '\\d'\n",
)
ENDS = ("\n", "\n", "\n", "\r\n", "\r")
ENCODINGS = ("utf-8", "utf-8", "utf-8", "utf-8", "utf-8-sig", "latin-1", "cp1252")
COOKIES = (
    "# -*- coding: utf-8 -*-\n",
    "# coding: latin-1\n",
    "# vim: set fileencoding=cp1252 :\n",
    "# coding=utf8\n",
)


def make(rnd: random.Random) -> Any:
    """Return a header in a random order with other lines in it, and code below it."""
    lines = [rnd.choice(HEADER[:2]), rnd.choice(HEADER[2:5])]
    lines += rnd.sample(HEADER[5:], rnd.randrange(3))
    if rnd.random() < 0.4:
        rnd.shuffle(lines)
    for _ in range(rnd.choice((0, 0, 1, 2, 3))):
        lines.insert(rnd.randrange(len(lines) + 1), rnd.choice(TOP))
    lines += ["def upgrade():\n    pass\n"] * rnd.randrange(2)
    lines += [rnd.choice(BODY) for _ in range(rnd.choice((0, 1, 2, 3, 4)))]
    if rnd.random() < 0.1:
        lines.insert(0, rnd.choice(COOKIES))
    end = rnd.choice(ENDS)
    return {"lines": [line.replace("\n", end) for line in lines], "encoding": rnd.choice(ENCODINGS)}


def better(case: Any, ours: Any, theirs: Any) -> str | None:
    """Return the reason why a difference is accepted, or None."""
    our_type, their_type = raised(ours), raised(theirs)
    # SyntaxError has several subclasses.
    is_syntax_error = their_type is not None and "builtins.SyntaxError" in theirs["raised"]
    may_come_later = is_syntax_error or their_type == "builtins.NameError"
    if may_come_later and our_type in (None, "alembic.util.exc.MissingParent"):
        return "limbeck runs the code below a header only when the revision runs, so its errors come later"
    if our_type is None:
        if (
            their_type
            and theirs["message"].startswith("Dependency cycle")
            and _has_empty_depends_on(case)
        ):
            return "an empty depends_on is no dependency: Alembic finds a cycle"
        return None
    if our_type != "alembic.util.exc.CommandError":
        return None
    if is_syntax_error and ours["message"].startswith("Cannot read revision file "):
        return "limbeck reports a syntax error as a CommandError with the file, and with line and column if Python has them"
    if "it takes strings" in ours["message"] and their_type in (None, "builtins.KeyError"):
        return "limbeck refuses a value that is not a string, and names the file; Alembic takes it for a label or a parent"
    return None


def _has_empty_depends_on(case: Any) -> bool:
    return any(line.startswith("depends_on = ''") for line in case["lines"])


def test_headers_equal_imported_modules(random_cases: RandomCases) -> None:
    random_cases.compare("headers", make, better=better, crashes=())
