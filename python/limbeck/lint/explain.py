"""The text of a rule, for `--explain` and the documentation."""

from __future__ import annotations

import textwrap

from limbeck.lint.rule import Rule

_TITLES = {"postgresql": "PostgreSQL", "mysql": "MySQL and MariaDB", "sqlite": "SQLite"}


def explain(rule: Rule) -> str:
    """Return all that is known about a rule, as Markdown without a heading."""
    dialects = ", ".join(_TITLES[name] for name in rule.dialects) or "all databases"
    facts = [f"Severity: {rule.severity}. For {dialects}."]
    if effect := rule.effect.describe():
        facts.append(f"While the statement runs: {effect}.")
    if rule.opt_in:
        facts.append("Off unless selected.")
    parts = [rule.summary, " ".join(facts)]
    if rule.text:
        parts.append(rule.text)
    for title, code in (
        ("Before, in an earlier revision", rule.example.before),
        ("Beside, in a revision of another branch", rule.example.beside),
        ("Wrong", rule.example.wrong),
        ("Right", rule.example.right),
    ):
        if code:
            parts.append(f"{title}:\n\n{textwrap.indent(code, '    ')}")
    return "\n\n".join(parts)
