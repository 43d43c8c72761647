"""Files of Python code and of text: finding, loading and writing them."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

_PathArg = str | os.PathLike[str]

_NOT_OF_A_WORD = re.compile(r"\W")


def template_to_file(
    template_file: _PathArg,
    dest: _PathArg,
    output_encoding: str,
    *,
    append_with_newlines: bool = False,
    **kw: Any,
) -> None:
    """Render a Mako template into a file.

    :param template_file: the template
    :param dest: the file to write
    :param output_encoding: its encoding
    :param append_with_newlines: keep what the file holds and write below it, after two line ends
    :param kw: the variables of the template
    :raises CommandError: if rendering fails; it names a file with Mako's own traceback
    """
    rendered = render_template(template_file, output_encoding, **kw)
    with open(dest, "ab" if append_with_newlines else "wb") as out:
        if append_with_newlines:
            out.write("\n\n".encode(output_encoding))
        out.write(rendered)


def render_template(template_file: _PathArg, output_encoding: str, **kw: Any) -> bytes:
    """Render a Mako template.

    :param template_file: the template
    :param output_encoding: how to encode what it makes
    :param kw: the variables of the template
    :raises CommandError: if rendering fails; it names a file with Mako's own traceback
    """
    from mako.template import Template

    template = Template(filename=os.fspath(template_file))
    try:
        return template.render_unicode(**kw).encode(output_encoding)  # type: ignore[no-any-return] # Mako has no types
    except Exception as problem:
        report = _keep_traceback()
        raise CommandError(
            f"Template rendering failed; see {report} for a template-oriented traceback."
        ) from problem


def _keep_traceback() -> str:
    """Write the exception being handled as Mako explains it, and return the file's name."""
    from tempfile import NamedTemporaryFile

    from mako.exceptions import text_error_template

    with NamedTemporaryFile(suffix=".txt", delete=False) as report:
        text: str = text_error_template().render_unicode()
        report.write(text.encode("utf-8"))
    return report.name


def coerce_resource_to_filename(fname_or_resource: str) -> Path:
    """Return the path that a setting means: a path, or `package:path` inside a package.

    :param fname_or_resource: the setting
    :raises ModuleNotFoundError: if there is no such package
    """
    from pathlib import Path

    return Path(resource_name(fname_or_resource))


def resource_name(setting: str) -> str:
    """The same as text: importing `pathlib` takes longer than all that `alembic heads` has to do here.

    :param setting: a path, or `package:path`
    :raises ModuleNotFoundError: if there is no such package
    """
    if ":" not in setting or os.path.isabs(setting):
        return plain_path(setting)
    package, *parts = setting.split(":")
    if package == "alembic":
        package = "limbeck"  # the files of `alembic` live where its modules do
    return plain_path(os.path.join(_package_folder(package), *parts))


def plain_path(path: str) -> str:
    """Spell a path as `pathlib` does: without `.` and doubled separators, but with each `..`.

    What `..` leads to behind a symbolic link, only the file system knows.

    :param path: the path, absolute or not
    """
    if os.altsep:
        path = path.replace(os.altsep, os.sep)
    drive, tail = os.path.splitdrive(path)
    names = tail.lstrip(os.sep)
    slashes = len(tail) - len(names)
    # POSIX leaves it to each system what exactly two of them mean.
    root = os.sep * (2 if slashes == 2 and os.name == "posix" else min(slashes, 1))
    kept = [name for name in names.split(os.sep) if name not in ("", ".")]
    return drive + root + os.sep.join(kept) or "."


def absolute_path(path: _PathArg) -> str:
    """The same, from the root on, as `pathlib.Path.absolute()` is.

    :param path: the path
    """
    return plain_path(os.path.join(os.getcwd(), path))


def _package_folder(package: str) -> str:
    """Find a package's folder, without importing it where it is an ordinary folder."""
    from importlib.util import find_spec

    spec = find_spec(package)
    if spec is None:
        raise ModuleNotFoundError(f"No module named {package!r}", name=package)
    folders = list(spec.submodule_search_locations or ())
    if len(folders) == 1 and os.path.isdir(folders[0]):
        return folders[0]
    return _unpacked(package)


def _unpacked(package: str) -> str:
    """Find a package inside an archive or in several folders, unpacked until the process ends."""
    import atexit
    from contextlib import ExitStack
    from importlib import resources

    until_exit = ExitStack()
    atexit.register(until_exit.close)
    return os.fspath(until_exit.enter_context(resources.as_file(resources.files(package))))


def pyc_file_from_path(path: _PathArg) -> Path | None:
    """Find the byte code of a source file: in `__pycache__`, or beside it.

    :param path: the source file, which need not exist
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
    """Load a file as a module of its own, not registered in `sys.modules`.

    :param dir_: its folder
    :param filename: its name, `.py` or `.pyc`; a `.py` that is missing may be there as byte code
    :raises ImportError: if there is neither
    """
    name = os.fspath(filename)
    # Text, not a Path: this runs for each of thousands of revision files.
    source = os.path.join(os.fspath(dir_), name)
    suffix = "".join(name.rpartition(".")[1:])  # of "..py" too, which is all suffix to os.path
    assert suffix in (".py", ".pyc"), f"{name} is neither .py nor .pyc"
    module_id = _NOT_OF_A_WORD.sub("_", name)
    path: _PathArg | None = source
    if suffix == ".py" and not os.path.exists(source):
        path = pyc_file_from_path(source)
    if path is None:
        raise ImportError(f"Can't find Python file {source}")
    return load_module_py(module_id, path)


def load_module_py(module_id: str, path: _PathArg) -> ModuleType:
    """Run a file as a module of the given name, not registered in `sys.modules`.

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
