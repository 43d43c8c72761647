"""Post-write hooks: programs or functions that run on each new revision file.

A hook is a function `(path, options)`, registered under the type that the configuration names. Three are built in: they
run an entry point, an executable, or a module of this interpreter.
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

#: The placeholder for the new file's path in a hook's `options`.
REVISION_SCRIPT_TOKEN = "REVISION_SCRIPT_FILENAME"

_Hook: TypeAlias = Callable[..., Any]
_HookT = TypeVar("_HookT", bound=_Hook)

#: The function of each hook type.
_registry: dict[str, _Hook] = {}


def register(name: str) -> Callable[[_HookT], _HookT]:
    """Register the decorated function as a hook type.

    The function is called with the path of the new file, and a mapping of the hook's options.

    :param name: the value of `<hook>.type` in the configuration.
    """

    def decorate(fn: _HookT) -> _HookT:
        _registry[name] = fn
        return fn

    return decorate


def run_all(path: str | os.PathLike[str], hooks: Sequence[PostWriteHookConfig]) -> None:
    """Run the configured hooks on a new revision file, in order.

    :raises CommandError: if a hook has no type, or an unknown one.
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
    """Call the function of the hook type `name`.

    :raises CommandError: if there is no such type.
    """
    fn = _registry.get(name)
    if fn is None:
        raise util.CommandError(f"No formatter with name '{name}' registered")
    return fn(os.fspath(revision_path), options)


def _required(options: Mapping[str, Any], key: str) -> str:
    """Return a required option of a hook.

    :raises CommandError: if it is missing.
    """
    value = options.get(key)
    if value is None:
        hook = options["_hook_name"]
        raise util.CommandError(f"Key {hook}.{key} is required for post write hook '{hook}'")
    return str(value)


def _parse_cmdline_options(cmdline_options_str: str, path: str) -> list[str]:
    """Split a hook's `options` into words, and replace the placeholder by the path.

    Without a placeholder, the path becomes the first word.
    """
    words = shlex.split(cmdline_options_str, posix=compat.is_posix)
    if not any(REVISION_SCRIPT_TOKEN in word for word in words):
        return [path, *words]
    return [word.replace(REVISION_SCRIPT_TOKEN, path) for word in words]


def _run_program(
    program: Sequence[str], path: str, options: Mapping[str, Any], ignore_output: bool
) -> None:
    """Run a program on the file. An exit status other than 0 is shown only: the file is written already, and many programs
    end with 1 after they have changed it."""
    redirection: dict[str, Any] = {}
    if ignore_output:
        redirection = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    done = subprocess.run(  # noqa: PLW1510 - tests of projects check the arguments of this call
        [*program, *_parse_cmdline_options(options.get("options", ""), path)],
        cwd=options.get("cwd"),
        **redirection,
    )
    # Tests of projects replace `subprocess.run()`.
    if isinstance(done.returncode, int) and done.returncode != 0:
        name = options.get("_hook_name")
        sys.stderr.write(f"post write hook {name!r} ended with exit status {done.returncode}\n")


@register("console_scripts")
def console_scripts(
    path: str,
    options: Mapping[str, Any],
    ignore_output: bool = False,
    verify_version: tuple[int, ...] | None = None,
) -> None:
    """Run a console script of an installed package by its entry point, independent of PATH.

    :param path: the revision file.
    :param options: `entrypoint`, optionally `options` and `cwd`.
    :param ignore_output: discard the output of the program.
    :param verify_version: the minimum version of the package.
    :raises CommandError: if `entrypoint` is missing or not installed.
    """
    entrypoint = _required(options, "entrypoint")
    # Looked up in `compat`, where tests of projects patch it.
    for entry in compat.importlib_metadata_get("console_scripts"):
        if entry.name == entrypoint:
            break
    else:
        raise util.CommandError(f"Could not find entrypoint console_scripts.{entrypoint}")

    statements = [f"import {entry.module}"]
    if verify_version:
        statements.append(
            f"assert tuple(int(x) for x in {entry.module}.__version__.split('.')) >= {verify_version}, "
            f"'need exactly version {verify_version} of {entrypoint}'"
        )
    statements.append(f"{entry.module}.{entry.attr}()")
    _run_program([sys.executable, "-c", "; ".join(statements)], path, options, ignore_output)


@register("exec")
def exec_(path: str, options: Mapping[str, Any], ignore_output: bool = False) -> None:
    """Run an executable.

    :param path: the revision file.
    :param options: `executable`, optionally `options` and `cwd`.
    :param ignore_output: discard the output of the program.
    :raises CommandError: if `executable` is missing.
    """
    _run_program([_required(options, "executable")], path, options, ignore_output)


@register("module")
def module(path: str, options: Mapping[str, Any], ignore_output: bool = False) -> None:
    """Run a module of this interpreter, like `python -m`.

    :param path: the revision file.
    :param options: `module`, optionally `options` and `cwd`.
    :param ignore_output: discard the output of the program.
    :raises CommandError: if `module` is missing or not installed.
    """
    name = _required(options, "module")
    if importlib.util.find_spec(name) is None:
        raise util.CommandError(f"Could not find module {name}")
    _run_program([sys.executable, "-m", name], path, options, ignore_output)
