"""Print, as JSON, the names that each module of `alembic` has: `{"alembic.op": ["add_column", …], …}`.

python alembic_names.py             all names
python alembic_names.py < names     those of the names on standard input that are missing
"""

import importlib
import json
import pkgutil
import sys
from collections.abc import Iterator
from types import ModuleType

LEFT_OUT = ("alembic.testing", "alembic.templates", "alembic.__main__")


def modules(package: str) -> Iterator[str]:
    """Yield the modules of a package, except the test harness, the templates and `__main__`."""
    yield package
    for found in pkgutil.iter_modules(importlib.import_module(package).__path__, f"{package}."):
        if found.name in LEFT_OUT:
            continue
        yield from modules(found.name) if found.ispkg else (found.name,)


def names() -> dict[str, list[str]]:
    return {
        module: sorted(exposed_names(importlib.import_module(module)))
        for module in modules("alembic")
    }


def exposed_names(module: ModuleType) -> Iterator[str]:
    """Yield a module's public names, and the private ones that it imports."""
    for name, value in vars(module).items():
        defined_here = getattr(value, "__module__", module.__name__) == module.__name__
        if not name.startswith("_" if defined_here else "__"):
            yield name


def missing(wanted: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return those of the wanted names that the modules do not have, without the modules that have all."""
    absent = {
        module: [n for n in names if not hasattr(importlib.import_module(module), n)]
        for module, names in wanted.items()
    }
    return {module: names for module, names in absent.items() if names}


if __name__ == "__main__":
    wanted_json = sys.stdin.read()
    print(json.dumps(missing(json.loads(wanted_json)) if wanted_json else names()))
