"""The directive `lint-rules`, which lists the rules of `alembic lint` with their texts and examples."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from limbeck.lint.explain import explain
from limbeck.lint.run import known_rules
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


def markdown() -> str:
    """Return the list as Markdown: a section for each rule."""
    lines = []
    for name, rule in known_rules().items():
        # Links of a rule's text lead to pages beside this one.
        lines += [f"### `{name}`", "", explain(rule), ""]
    return "\n".join(lines)


class LintRules(SphinxDirective):
    """Replace the directive by the list."""

    def run(self) -> list[nodes.Node]:
        container = nodes.section()
        container.document = self.state.document
        lines = StringList(markdown().splitlines(), source="the rules")
        self.state.nested_parse(lines, self.content_offset, container, match_titles=True)
        return container.children


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("lint-rules", LintRules)
    return {"parallel_read_safe": True}
