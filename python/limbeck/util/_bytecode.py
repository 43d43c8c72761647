"""Files of Python code that were compiled before, loaded with the fewest steps.

A long history is thousands of revision files. `importlib` asks for each of them whether it is a
package, where its byte code would be (twice) and what kind of byte code that is; here one file is
looked at and one is read. Whatever is not as usual is left to `importlib`.
"""

from __future__ import annotations

import io
import marshal
import os
from importlib.machinery import SourceFileLoader
from importlib.util import MAGIC_NUMBER, cache_from_source, spec_from_file_location
from types import CodeType, ModuleType

#: The magic number, the kind of validation, and the source's time and size, four bytes each.
_HEADER = 16
#: Byte code that is valid as long as the source has the same time and size.
_BY_TIME = bytes(4)


def load_compiled(module_id: str, source: str) -> ModuleType | None:
    """Run a source file as a module, from its byte code.

    :param module_id: the module's `__name__`
    :param source: the file, as an absolute path
    :return: the module; None if there is no byte code, or if `importlib` had better judge it
    """
    try:
        cached = cache_from_source(source)
    except NotImplementedError:  # an interpreter that keeps none
        return None
    code = _valid_code(source, cached)
    if code is None:
        return None
    spec = spec_from_file_location(
        module_id,
        source,
        loader=SourceFileLoader(module_id, source),
        submodule_search_locations=None,
    )
    if spec is None:
        return None
    spec.cached = cached
    module = ModuleType(module_id)
    # What module_from_spec() does, which asks for each of these first whether it is there.
    module.__dict__.update(
        __spec__=spec,
        __loader__=spec.loader,
        __package__=spec.parent,
        __file__=source,
        __cached__=cached,
    )
    exec(code, module.__dict__)  # noqa: S102 - what importing a file is
    return module


def _valid_code(source: str, cached: str) -> CodeType | None:
    try:
        status = os.stat(source)
        with io.open_code(cached) as file:
            content = file.read()
    except OSError:
        return None
    of_source = _four_bytes(int(status.st_mtime)) + _four_bytes(status.st_size)
    if content[:_HEADER] != MAGIC_NUMBER + _BY_TIME + of_source:
        return None
    try:
        code = marshal.loads(memoryview(content)[_HEADER:])
    except (EOFError, TypeError, ValueError):  # cut off: importlib has an error for it
        return None
    # The code names the file it was compiled from, which may have been moved since.
    return code if isinstance(code, CodeType) and code.co_filename == source else None


def _four_bytes(number: int) -> bytes:
    return (number & 0xFFFFFFFF).to_bytes(4, "little")
