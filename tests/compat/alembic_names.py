"""Print, as JSON, the names that each module of `alembic` shows: `{"alembic.op": ["add_column", …], …}`.

python alembic_names.py             the names that Alembic's modules list
python alembic_names.py < names     those on standard input that are missing
"""

import importlib
import json
import pkgutil
import sys
from collections.abc import Iterator
from types import ModuleType

LEFT_OUT = ("alembic.testing", "alembic.templates", "alembic.__main__")


def modules(package: str) -> Iterator[str]:
    """Yield the modules of a package, except the test harness and those that are no interface."""
    yield package
    for found in pkgutil.iter_modules(importlib.import_module(package).__path__, f"{package}."):
        if found.name in LEFT_OUT:
            continue
        yield from modules(found.name) if found.ispkg else (found.name,)


def names() -> dict[str, list[str]]:
    return {module: sorted(shown(importlib.import_module(module))) for module in modules("alembic")}


def shown(module: ModuleType) -> Iterator[str]:
    """Yield a module's public names, and the private ones that it imports."""
    for name, value in vars(module).items():
        own = getattr(value, "__module__", module.__name__) == module.__name__
        if not name.startswith("_" if own else "__"):
            yield name


def missing(wanted: dict[str, list[str]]) -> dict[str, list[str]]:
    absent = {
        module: [n for n in names if not hasattr(importlib.import_module(module), n)]
        for module, names in wanted.items()
    }
    return {module: names for module, names in absent.items() if names}


if __name__ == "__main__":
    given = sys.stdin.read()
    print(json.dumps(missing(json.loads(given)) if given else names()))
