"""The declarations of a project: the `.sql` files of a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from limbeck.autogenerate._objects.statements import Declaration, split
from limbeck.settings.limbeck_section import Settings, file_of_settings
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.autogenerate.context import AutogenContext
    from limbeck.config import Config


def declarations(context: AutogenContext) -> list[Declaration]:
    """Return the declarations of a project, by path.

    The option `sql_objects` of `EnvironmentContext.configure()` names the folder instead of the setting.

    :raises CommandError: the folder is missing, a file cannot be read, or a statement is none.
    """
    folder = _folder(context)
    if folder is None:
        return []
    if not folder.is_dir():
        raise CommandError(
            f"`sql_objects` names {folder}, which is no folder\n\n"
            "hint: make it, with a .sql file for each view, function, …"
        )
    found: list[Declaration] = []
    for path in sorted(folder.rglob("*.sql")):
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"Cannot read {path}: {error}") from error
        shown = path.relative_to(folder.parent).as_posix()
        found += split(text, shown, context.dialect.name)
    return found


def config_of(context: AutogenContext) -> Config | None:
    """Return the configuration of a command; `None` if a library compares."""
    environment = getattr(context.migration_context, "environment_context", None)
    return None if environment is None else environment.config


def _folder(context: AutogenContext) -> Path | None:
    given = context.opts.get("sql_objects")
    if given is not None:
        return Path(given)
    config = config_of(context)
    setting = None if config is None else Settings.read(config).sql_objects
    if config is None or setting is None:
        return None
    return Path(file_of_settings(config) or "").parent / setting
