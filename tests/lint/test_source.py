"""Which imports of a revision file lead to models."""

import sys
from pathlib import Path

import pytest
from limbeck.lint.source import imported_models


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from limbeck_example_models import Account", ["Account"]),
        ("import os, limbeck_example_models as models", ["models"]),
        ("import os; import limbeck_example_models", ["limbeck_example_models"]),
        ("if True:\n    from limbeck_example_models import (\n        Account as A,\n    )", ["A"]),
        ("from \\\n    limbeck_example_models import Account", ["Account"]),
        ("def f(): from limbeck_example_models import Base", []),
        (
            "from sqlalchemy import (\n    Column,\n    Integer,\n)\r\nimport os as o  # a comment\n",
            [],
        ),
        ("import os.path\nfrom typing import Sequence, Union\nfrom alembic import op", []),
        ("'a text that imports limbeck_example_models'", []),
        ("import sqlalchemy as sa; from limbeck_example_models import Account", ["Account"]),
    ],
)
def test_models(source: str, found: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    __import__("limbeck_example_models")
    names = [name for name, _ in imported_models(source.encode(), sys.modules[__name__])]
    assert names == found
