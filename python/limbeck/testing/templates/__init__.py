"""Templates: migrated databases that are copied for each test."""

from limbeck.testing.templates.templates import (
    TemplateGone,
    TemplateName,
    Templates,
    templates_for,
)

__all__ = ["TemplateGone", "TemplateName", "Templates", "templates_for"]
