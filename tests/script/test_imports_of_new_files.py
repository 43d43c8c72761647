"""A generated file has the imports of the names that it uses, or is not kept; where Alembic's runs, it is the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support import projects
from support.generated import SHORT_MAKO
from support.programs import Program

#: A package with the shape of sqlmodel, and the types of an application.
_FILES = {
    "sqlmodel/__init__.py": "from .sql import sqltypes",
    "sqlmodel/sql/__init__.py": "",
    "sqlmodel/sql/sqltypes.py": (
        "import sqlalchemy as sa\nclass AutoString(sa.TypeDecorator):\n"
        "    impl = sa.String\n    cache_ok = True\n"
    ),
    "app/__init__.py": "",
    "app/types.py": (
        "import sqlalchemy as sa\nclass Money(sa.TypeDecorator):\n"
        "    impl = sa.Numeric\n    cache_ok = True\n"
        "class Wrapped(sa.TypeDecorator):\n"
        "    impl = sa.String\n    cache_ok = True\n"
        "    def __init__(self, inner=None): super().__init__(); self.inner = inner\n"
        "    def __repr__(self): return f'Wrapped({self.inner!r})'\n"
    ),
}


def _project(
    folder: Path, columns: str, *, configure: str = "", mako: str = SHORT_MAKO, more: str = ""
) -> None:
    env = projects.GENERIC.replace("target_metadata=None", "target_metadata=metadata" + configure)
    head = (
        "import os, sys\nsys.path.insert(0, os.getcwd())\nimport sqlalchemy as sa\n"
        "import sqlmodel, app.types\nfrom sqlalchemy.dialects import postgresql\n"
        "metadata = sa.MetaData()\n"
        f"sa.Table('t', metadata, sa.Column('id', sa.Integer, primary_key=True), {columns})\n"
    )
    projects.make(folder, f"sqlite:///{folder / 'app.db'}", env=head + env, more=more)
    (folder / "migrations" / "script.py.mako").write_text(mako)
    for name, text in _FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def _generate(program: Program, folder: Path) -> tuple[str, str]:
    """Return the file's code, empty if there is none, and what was printed."""
    made = program.alembic(folder, "revision", "--autogenerate", "-m", "new", "--rev-id", "1a")
    found = list((folder / "migrations" / "versions").glob("*.py"))
    return (found[0].read_text() if found else ""), made.stdout + made.stderr


_RENDER = ", render_item=lambda kind, item, context: {code!r} if kind == 'type' and isinstance(item, app.types.Money) else False"
_CASES = {
    "sqlmodel": (
        "sa.Column('x', sqlmodel.sql.sqltypes.AutoString())",
        "",
        "import sqlmodel.sql.sqltypes",
    ),
    "application": ("sa.Column('x', app.types.Money())", "", "import app.types"),
    "module prefix": (
        "sa.Column('x', app.types.Money())",
        ", user_module_prefix='types.'",
        "from app import types",
    ),
    "no prefix": (
        "sa.Column('x', app.types.Money())",
        ", user_module_prefix=''",
        "from app.types import Money",
    ),
    "inner type": (
        "sa.Column('x', app.types.Wrapped(sa.Text()))",
        "",
        "from sqlalchemy import Text\nimport app.types",
    ),
    "inner type with a repr of its own": (
        "sa.Column('x', app.types.Money())",
        _RENDER.format(code="sa.String().with_variant(postgresql.JSONB(), 'postgresql')"),
        "from sqlalchemy.dialects import postgresql",
    ),
    "other module": (
        "sa.Column('x', app.types.Money())",
        _RENDER.format(code="sa.Numeric(decimal.Decimal(3))"),
        "import decimal",
    ),
    "name of another module": (
        "sa.Column('x', app.types.Money())",
        _RENDER.format(code="sa.Numeric(int(Decimal(3)))"),
        "from decimal import Decimal",
    ),
}


@pytest.mark.parametrize("case", _CASES)
def test_missing_import_is_added(
    limbeck: Program, reference: Program, tmp_path: Path, case: str
) -> None:
    columns, configure, expected = _CASES[case]
    codes = {}
    for program in (reference, limbeck):
        folder = tmp_path / ("alembic" if program is reference else "limbeck")
        folder.mkdir()
        _project(folder, columns, configure=configure)
        codes[program is limbeck], printed = _generate(program, folder)
        assert codes[program is limbeck], printed
        upgraded = program.alembic(folder, "upgrade", "head")
        if program is reference:
            assert "NameError" in upgraded.stderr
        else:
            assert upgraded.returncode == 0, codes[True] + upgraded.stderr
    assert codes[True] == codes[False].replace(
        "import sqlalchemy as sa\n", f"import sqlalchemy as sa\n{expected}\n", 1
    )


@pytest.mark.parametrize(
    "mako",
    [
        SHORT_MAKO.replace(
            "import sqlalchemy as sa", "import sqlalchemy as sa\nimport app.types, sqlmodel"
        ),
        SHORT_MAKO.replace(
            "import sqlalchemy as sa", "import sqlalchemy as sa\nfrom names import *"
        ),
        SHORT_MAKO.replace(
            "import sqlalchemy as sa",
            "import sqlalchemy as sa\nglobals()['app'] = __import__('names').app\nglobals()['sqlmodel'] = __import__('names').sqlmodel",
        ),
        SHORT_MAKO.replace("def upgrade():", "def upgrade():\n    import app.types, sqlmodel"),
    ],
    ids=["imported", "star", "dynamic", "in the function"],
)
def test_file_that_has_its_names_is_that_of_alembic(
    limbeck: Program, reference: Program, tmp_path: Path, mako: str
) -> None:
    columns = (
        "sa.Column('x', app.types.Money()), sa.Column('y', sqlmodel.sql.sqltypes.AutoString())"
    )
    codes = []
    for number, program in enumerate((reference, limbeck)):
        folder = tmp_path / str(number)
        folder.mkdir()
        _project(folder, columns, mako=mako)
        (folder / "names.py").write_text("import app.types, sqlmodel\n")
        codes.append(_generate(program, folder)[0])
        assert program.alembic(folder, "upgrade", "head").returncode == 0, codes
    assert codes[0] == codes[1] != ""


def test_hook_may_add_the_import(limbeck: Program, reference: Program, tmp_path: Path) -> None:
    more = (
        "[post_write_hooks]\nhooks = add\nadd.type = exec\nadd.executable = sed\n"
        "add.options = -i 's/^import sqlalchemy as sa$/&\\nimport app.types/' REVISION_SCRIPT_FILENAME\n"
    )
    codes = []
    for number, program in enumerate((reference, limbeck)):
        folder = tmp_path / str(number)
        folder.mkdir()
        _project(folder, "sa.Column('x', app.types.Money())", more=more)
        codes.append(_generate(program, folder)[0])
    assert codes[0] == codes[1]
    assert "import app.types" in codes[1]


def test_name_without_import_is_an_error(limbeck: Program, tmp_path: Path) -> None:
    _project(
        tmp_path, "sa.Column('x', app.types.Money())", configure=", user_module_prefix='nowhere.'"
    )
    code, printed = _generate(limbeck, tmp_path)
    assert code == ""
    assert re.search(
        r"Revision file 1a_new.py is not written, as it would fail with a NameError: 'nowhere' has no "
        r"import, which line \d+ uses:\n\n    sa.Column\('x', nowhere.Money\(\), nullable=True\),\n\n"
        r"hint: write the import into script.py.mako",
        printed,
    )


def test_name_with_several_imports_is_an_error(limbeck: Program, tmp_path: Path) -> None:
    _project(tmp_path, "sa.Column('x', app.types.Money())", configure=", user_module_prefix=''")
    (tmp_path / "app" / "__init__.py").write_text("class Money: pass\n")
    code, printed = _generate(limbeck, tmp_path)
    assert code == ""
    assert "there are several imports of 'Money'" in printed
    assert "    from app import Money\n    from app.types import Money" in printed


def test_file_that_cannot_be_imported_is_not_kept(limbeck: Program, tmp_path: Path) -> None:
    mako = SHORT_MAKO.replace("def upgrade", "import nothing_of_that_name\n\ndef upgrade")
    _project(tmp_path, "sa.Column('x', sa.Integer)", mako=mako)
    code, printed = _generate(limbeck, tmp_path)
    assert code == ""
    assert re.search(
        r"Revision file 1a_new.py is not kept, as it cannot be imported: ModuleNotFoundError: "
        r"No module named 'nothing_of_that_name' in line \d+:\n\n    import nothing_of_that_name\n\nhint: ",
        printed,
    )
