"""Writes projects whose revisions are the examples of rules, and checks them."""

import textwrap
from pathlib import Path
from typing import Any

from limbeck.config import Config
from limbeck.lint import Options, Report, Request, lint
from limbeck.lint.rule import Rule, all_rules
from support import projects

RULES = list(all_rules().values())
URLS = {
    "postgresql": "postgresql+psycopg://user@host/shop",
    "mysql": "mysql+pymysql://user@host/shop",
    "sqlite": "sqlite:///shop.db",
}
_MODULE = '''"""{name}"""
import sqlalchemy as sa
from alembic import op
revision = {name!r}
down_revision = {down!r}
branch_labels = None
depends_on = None

{code}
'''


def module_code(body: str) -> str:
    """Return the code of a revision for an example, which is a body of `upgrade()` or has functions of its own."""
    if "def upgrade" in body:
        return body
    return (
        f"def upgrade():\n{textwrap.indent(body, '    ')}\n\n"
        "def downgrade():\n    op.execute('SELECT 1')\n"
    )


def write(folder: Path, url: str, *bodies: str, **settings: str) -> Config:
    """Write a project with a revision for each body: r0001, r0002, ..."""
    lines = "".join(f"{name} = {value}\n" for name, value in settings.items())
    projects.make(folder, url, settings=f"[limbeck]\n{lines}" if lines else "")
    for number, body in enumerate(bodies, 1):
        down = f"r{number - 1:04}" if number > 1 else None
        add_revision(folder, f"r{number:04}", down, body)
    return Config(str(folder / "alembic.ini"))


def add_revision(folder: Path, name: str, down: str | None, body: str) -> Path:
    """Write one revision, and return its path."""
    path = folder / "migrations" / "versions" / f"{name}.py"
    path.write_text(_MODULE.format(name=name, down=down, code=module_code(body)))
    return path


def check(config: Config, range: str | None = None, **options: Any) -> Report:
    """Check a range of revisions; without one, all."""
    request = Request(range, all=range is None)
    return lint(config, Options(request, **options))


def check_body(
    folder: Path,
    body: str,
    before: str = "pass",
    dialect: str = "postgresql",
    beside: str = "",
    **options: Any,
) -> Report:
    """Check a body, after an earlier revision; with a revision of another branch, both."""
    config = write(folder, URLS[dialect], before or "pass", body)
    if beside:
        add_revision(folder, "r0003", "r0001", beside)
    return check(config, "r0001:heads" if beside else "r0002", **options)


def names(report: Report) -> list[str]:
    """Return the rules of the findings."""
    return [finding.rule for finding in report.findings]


def dialect_of(rule: Rule) -> str:
    """Return a dialect that a rule is for."""
    return (*rule.dialects, "postgresql")[0]
