"""Checks what migrations will do to a database in use, before they run and without one.

`lint()` renders the revisions of a project and applies the rules of the folder `rules` to their operations, statements and sources.
"""

from limbeck.lint.finding import Effect, Finding, PartlyKnown, Report
from limbeck.lint.run import Options, lint
from limbeck.lint.selection import Request

__all__ = ["Effect", "Finding", "Options", "PartlyKnown", "Report", "Request", "lint"]
