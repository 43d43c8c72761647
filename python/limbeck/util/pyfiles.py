"""Finds, loads and writes files of Python code and text."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

_PathArg = str | os.PathLike[str]

_NON_WORD = re.compile(r"\W")


def template_to_file(
    template_file: _PathArg,
    dest: _PathArg,
    output_encoding: str,
    *,
    append_with_newlines: bool = False,
    **kw: Any,
) -> None:
    """Render a Mako template to a file.

    :param template_file: the template
    :param dest: the file to write
    :param output_encoding: its encoding
    :param append_with_newlines: append to the file, after two line ends
    :param kw: the variables of the template
    :raises CommandError: if rendering fails; the message names a file with Mako's traceback
    """
    rendered = render_template(template_file, output_encoding, **kw)
    with open(dest, "ab" if append_with_newlines else "wb") as out:
        if append_with_newlines:
            out.write("\n\n".encode(output_encoding))
        out.write(rendered)


def render_template(template_file: _PathArg, output_encoding: str, **kw: Any) -> bytes:
    """Render a Mako template.

    :param template_file: the template
    :param output_encoding: the encoding of the result
    :param kw: the variables of the template
    :raises CommandError: if rendering fails; the message names a file with Mako's traceback
    """
    from mako.template import Template

    template = Template(filename=os.fspath(template_file))
    try:
        return template.render_unicode(**kw).encode(output_encoding)  # type: ignore[no-any-return] # Mako has no types
    except Exception as problem:
        report = _write_traceback()
        failed = CommandError(
            f"Template rendering failed; see {report} for a template-oriented traceback."
        )
        name = os.path.basename(template_file)
        failed.hint = f"{name}: {type(problem).__name__}: {problem}"  # type: ignore[attr-defined] # read by `hint_for()`
        raise failed from problem


def _write_traceback() -> str:
    """Write Mako's traceback of the current exception to a file, and return its name."""
    from tempfile import NamedTemporaryFile

    from mako.exceptions import text_error_template

    with NamedTemporaryFile(suffix=".txt", delete=False) as report:
        text: str = text_error_template().render_unicode()
        report.write(text.encode("utf-8"))
    return report.name


def coerce_resource_to_filename(fname_or_resource: str) -> Path:
    """Return the path of a setting: a path, or `package:path` in a package.

    :param fname_or_resource: the setting
    :raises ModuleNotFoundError: if the package does not exist
    """
    from pathlib import Path

    return Path(resource_name(fname_or_resource))


def resource_name(setting: str) -> str:
    """Return the path of a setting as a string.

    Importing `pathlib`, as `coerce_resource_to_filename()` does, takes longer than the rest of `alembic heads`.

    :param setting: a path, or `package:path`
    :raises ModuleNotFoundError: if the package does not exist
    """
    if ":" not in setting or os.path.isabs(setting):
        return plain_path(setting)
    package, *parts = setting.split(":")
    if package == "alembic":
        package = "limbeck"  # the files of `alembic` are limbeck's
    return plain_path(os.path.join(_package_folder(package), *parts))


def plain_path(path: str) -> str:
    """Normalize a path like `pathlib`: remove `.` and double separators, and keep `..`.

    The meaning of `..` after a symbolic link depends on the file system.

    :param path: the path, absolute or not
    """
    if os.altsep:
        path = path.replace(os.altsep, os.sep)
    drive, tail = os.path.splitdrive(path)
    names = tail.lstrip(os.sep)
    slashes = len(tail) - len(names)
    # In POSIX, exactly two leading separators are implementation-defined.
    root = os.sep * (2 if slashes == 2 and os.name == "posix" else min(slashes, 1))
    parts = [name for name in names.split(os.sep) if name not in ("", ".")]
    return drive + root + os.sep.join(parts) or "."


def absolute_path(path: _PathArg) -> str:
    """Return the absolute form of a path, like `pathlib.Path.absolute()`.

    :param path: the path
    """
    return plain_path(os.path.join(os.getcwd(), path))


def _package_folder(package: str) -> str:
    """Return the folder of a package, without importing it if it is an ordinary folder."""
    from importlib.util import find_spec

    spec = find_spec(package)
    if spec is None:
        raise ModuleNotFoundError(f"No module named {package!r}", name=package)
    folders = list(spec.submodule_search_locations or ())
    if len(folders) == 1 and os.path.isdir(folders[0]):
        return folders[0]
    return _unpack(package)


def _unpack(package: str) -> str:
    """Unpack a package from an archive or several folders; the copy is removed when the process ends."""
    import atexit
    from contextlib import ExitStack
    from importlib import resources

    until_exit = ExitStack()
    atexit.register(until_exit.close)
    return os.fspath(until_exit.enter_context(resources.as_file(resources.files(package))))


def pyc_file_from_path(path: _PathArg) -> Path | None:
    """Return the byte code file of a source file, in `__pycache__` or beside it; `None` if there is none.

    :param path: the source file, which may be missing
    """
    from importlib.util import cache_from_source
    from pathlib import Path

    source = Path(path)
    cached = Path(cache_from_source(os.fspath(source)))
    if cached.exists():
        return cached
    for suffix in (".pyc", ".pyo"):
        beside = source.with_suffix(suffix)
        if beside.exists():
            return beside
    return None


def load_python_file(dir_: _PathArg, filename: _PathArg) -> ModuleType:
    """Load a file as a module, without adding it to `sys.modules`.

    :param dir_: its folder
    :param filename: its name, `.py` or `.pyc`; for a missing `.py`, its byte code is loaded
    :raises ImportError: if neither the file nor its byte code exists
    """
    name = os.fspath(filename)
    # A string instead of a Path, because this runs for thousands of revision files.
    source = os.path.join(os.fspath(dir_), name)
    suffix = "".join(name.rpartition(".")[1:])  # os.path finds no suffix in "..py"
    assert suffix in (".py", ".pyc"), f"{name} is neither .py nor .pyc"
    module_id = _NON_WORD.sub("_", name)
    path: _PathArg | None = source
    if suffix == ".py" and not os.path.exists(source):
        path = pyc_file_from_path(source)
    if path is None:
        raise ImportError(f"Can't find Python file {source}")
    return load_module_py(module_id, path)


def load_module_py(module_id: str, path: _PathArg) -> ModuleType:
    """Execute a file as a module, without adding it to `sys.modules`.

    :param module_id: the module's `__name__`
    :param path: the file, `.py` or `.pyc`
    :raises ImportError: if it cannot be loaded
    """
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location(module_id, os.fspath(path))
    if spec is None or spec.loader is None:
        raise ImportError(f"Can't load {os.fspath(path)} as a Python module")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
