"""The rendered plan: the statements of each step, with the operation and the line that made each, before they run.

Bodies are called with a connection that has no database. It records statements as the driver would get them.
"""

from limbeck.rendered_plan.no_database import no_database
from limbeck.rendered_plan.recorder import NeedsDatabaseError
from limbeck.rendered_plan.render import Settings, render
from limbeck.rendered_plan.types import RenderedStatement, RenderedStep, Unrendered

__all__ = [
    "NeedsDatabaseError",
    "RenderedStatement",
    "RenderedStep",
    "Settings",
    "Unrendered",
    "no_database",
    "render",
]
