"""What runs on a revision file after it was written: formatters, linters, a project's own functions.

A hook is a function `(path, options)` found by the name that the configuration gives as its type. Three come with
limbeck, and differ only in the program they start: an entry point, a command, or a module of this interpreter.
"""

from __future__ import annotations

import importlib.util
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from limbeck import util
from limbeck.util import compat

if TYPE_CHECKING:
    from limbeck.config import PostWriteHookConfig

#: A word that stands for the new file's path in a hook's `options`.
REVISION_SCRIPT_TOKEN = "REVISION_SCRIPT_FILENAME"

_Hook: TypeAlias = Callable[..., Any]
_HookT = TypeVar("_HookT", bound=_Hook)

#: Hook type -> the function that serves it.
_registry: dict[str, _Hook] = {}


def register(name: str) -> Callable[[_HookT], _HookT]:
    """Make the decorated function available as the hook type `name`.

    :param name: what a configuration writes as `<hook>.type`.

    The function is called with the path of the new file and with the options of the hook, a mapping.
    """

    def keep(fn: _HookT) -> _HookT:
        _registry[name] = fn
        return fn

    return keep


def run_all(path: str | os.PathLike[str], hooks: Sequence[PostWriteHookConfig]) -> None:
    """Run every configured hook on one new revision file, in the order of the configuration.

    :raises CommandError: a hook has no type, or a type that nobody registered.
    """
    for options in hooks:
        name = options["_hook_name"]
        kind = options.get("type")
        if not kind:
            raise util.CommandError(
                f"Key '{name}.type' (or 'type' in toml) is required for post write hook '{name}'"
            )
        with util.status(f"Running post write hook {name!r}", newline=True):
            _invoke(kind, path, options)


def _invoke(name: str, revision_path: str | os.PathLike[str], options: Mapping[str, Any]) -> Any:
    """Call the hook type `name`."""
    fn = _registry.get(name)
    if fn is None:
        raise util.CommandError(f"No formatter with name '{name}' registered")
    return fn(os.fspath(revision_path), options)


def _required(options: Mapping[str, Any], key: str) -> str:
    """One option that a hook cannot do without."""
    value = options.get(key)
    if value is None:
        hook = options["_hook_name"]
        raise util.CommandError(f"Key {hook}.{key} is required for post write hook '{hook}'")
    return str(value)


def _parse_cmdline_options(cmdline_options_str: str, path: str) -> list[str]:
    """Split a hook's `options` into words, with the path filled in.

    A user who does not say where the path belongs gets it as the first word.
    """
    words = shlex.split(cmdline_options_str, posix=compat.is_posix)
    if not any(REVISION_SCRIPT_TOKEN in word for word in words):
        return [path, *words]
    return [word.replace(REVISION_SCRIPT_TOKEN, path) for word in words]


def _start(
    program: Sequence[str], path: str, options: Mapping[str, Any], ignore_output: bool
) -> None:
    """Run one program over the file. How it exits is its own affair: the file is there already."""
    silence: dict[str, Any] = {}
    if ignore_output:
        silence = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(  # noqa: PLW1510 - tests of projects look at the arguments of this call
        [*program, *_parse_cmdline_options(options.get("options", ""), path)],
        cwd=options.get("cwd"),
        **silence,
    )


@register("console_scripts")
def console_scripts(
    path: str,
    options: Mapping[str, Any],
    ignore_output: bool = False,
    verify_version: tuple[int, ...] | None = None,
) -> None:
    """Run a console script of an installed package, by its entry point and not through the shell's search path.

    :param path: the revision file.
    :param options: `entrypoint`, and where wanted `options` and `cwd`.
    :param ignore_output: throw the program's output away.
    :param verify_version: the least version of the package that may run.
    :raises CommandError: `entrypoint` is missing or names nothing installed.
    """
    wanted = _required(options, "entrypoint")
    # Asked through the module, as tests put their own answer there.
    for entry in compat.importlib_metadata_get("console_scripts"):
        if entry.name == wanted:
            break
    else:
        raise util.CommandError(f"Could not find entrypoint console_scripts.{wanted}")

    statements = [f"import {entry.module}"]
    if verify_version:
        statements.append(
            f"assert tuple(int(x) for x in {entry.module}.__version__.split('.')) >= {verify_version}, "
            f"'need exactly version {verify_version} of {wanted}'"
        )
    statements.append(f"{entry.module}.{entry.attr}()")
    _start([sys.executable, "-c", "; ".join(statements)], path, options, ignore_output)


@register("exec")
def exec_(path: str, options: Mapping[str, Any], ignore_output: bool = False) -> None:
    """Run a program of the machine.

    :param path: the revision file.
    :param options: `executable`, and where wanted `options` and `cwd`.
    :param ignore_output: throw the program's output away.
    :raises CommandError: `executable` is missing.
    """
    _start([_required(options, "executable")], path, options, ignore_output)


@register("module")
def module(path: str, options: Mapping[str, Any], ignore_output: bool = False) -> None:
    """Run a module of this interpreter, as `python -m` would.

    :param path: the revision file.
    :param options: `module`, and where wanted `options` and `cwd`.
    :param ignore_output: throw the program's output away.
    :raises CommandError: `module` is missing, or is not installed here.
    """
    name = _required(options, "module")
    if importlib.util.find_spec(name) is None:
        raise util.CommandError(f"Could not find module {name}")
    _start([sys.executable, "-m", name], path, options, ignore_output)
