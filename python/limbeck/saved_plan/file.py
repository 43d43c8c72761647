"""Plan files."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from limbeck.lint.finding import Effect, Finding
from limbeck.saved_plan.types import (
    Database,
    DatabasePlan,
    Loss,
    Plan,
    Statement,
    Step,
    Unknown,
)
from limbeck.util.exc import CommandError

#: The version of the format; another one is refused.
_VERSION = 1
_HINT = "`alembic plan -o FILE` makes a plan"


def as_json(plan: Plan) -> str:
    """Return a plan as one JSON object; `version` is that of the format."""
    return json.dumps({"version": _VERSION, **asdict(plan)}, indent=2, ensure_ascii=False) + "\n"


def read_plan(path: str) -> Plan:
    """Return the plan in a file.

    :param path: the path of the file.
    :raises CommandError: the file cannot be read, or has no plan of this version.
    """
    try:
        value = json.loads(Path(path).read_text(encoding="utf-8"))
        version = value["version"]
        if version != _VERSION:
            raise CommandError(f"{path} has version {version} of the format\n\nhint: {_HINT}")
        databases = tuple(map(_database_plan, value["databases"]))
        if not databases:
            raise ValueError("no databases")
        return Plan(value["made_at"], value["env_hash"], databases)
    except OSError as error:
        raise CommandError(f"Cannot read the plan {path}: {error.strerror}") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise CommandError(f"{path} is not a plan\n\nhint: {_HINT}") from error


def _database_plan(value: dict[str, Any]) -> DatabasePlan:
    findings = [
        Finding(**{**found, "effect": Effect(**found["effect"])}) for found in value["findings"]
    ]
    return DatabasePlan(
        **{
            **value,
            "database": Database(**value["database"]),
            "rows": tuple(value["rows"]),
            "steps": tuple(map(_step, value["steps"])),
            "losses": tuple(Loss(**loss) for loss in value["losses"]),
            "findings": tuple(findings),
            "tables": tuple((name, rows) for name, rows in value["tables"]),
        }
    )


def _step(value: dict[str, Any]) -> Step:
    unknown = value["unknown"]
    if unknown is not None:
        calls = tuple((name, line) for name, line in unknown["calls"])
        unknown = Unknown(**{**unknown, "calls": calls})
    return Step(
        **{
            **value,
            "statements": tuple(Statement(**item) for item in value["statements"]),
            "version_statements": tuple(Statement(**item) for item in value["version_statements"]),
            "unknown": unknown,
        }
    )
