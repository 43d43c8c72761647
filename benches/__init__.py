"""Measurements of limbeck against Alembic, or against another revision of limbeck: `python -m benches` (see README.md here)."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
# The servers and programs of the tests are used here too.
sys.path.insert(0, str(HERE.parent / "tests"))
