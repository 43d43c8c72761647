"""An environment with the published packages, and either implementation on its path."""

from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import filelock
import pytest
from support.environments import build_environment, pip_install
from support.programs import ALEMBIC_VERSION, Program, link_limbeck
from support.sources import download

PACKAGES = ("optuna==5.0.0", "jupyterhub==6.1.1", "mlflow==3.18.0")
#: The requirements of their env.py and revisions; none of these requires Alembic.
NEEDS = (
    *("mako", "typing-extensions", "numpy", "tqdm", "colorlog", "packaging", "PyYAML"),
    *("certipy", "oauthlib", "jinja2", "jupyter_events", "prometheus_client", "pydantic"),
    *("python-dateutil", "requests", "tornado", "traitlets", "idna", "pamela"),
    *("cachetools", "click", "cloudpickle", "databricks-sdk", "gitpython", "importlib_metadata"),
    *("opentelemetry-api", "opentelemetry-sdk", "opentelemetry-proto", "protobuf", "sqlparse"),
    *("pandas", "aiohttp", "fastapi", "python-dotenv", "flask"),
    *("psycopg[binary]", "psycopg2-binary", "pymysql"),
)
LAUNCHERS = {
    "reference": "from alembic.config import main",
    "limbeck": "from limbeck.__main__ import main",
}


@dataclass(frozen=True)
class Workshop:
    """Both implementations, with the same interpreter and the same packages."""

    reference: Program
    limbeck: Program
    site_packages: Path


@pytest.fixture(scope="session")
def workshop(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """Both implementations; the environment is built once and kept."""
    sqlalchemy = metadata.version("sqlalchemy")
    requirements = (f"sqlalchemy=={sqlalchemy}", *NEEDS)
    interpreter = build_environment(cache, f"projects-sa-{sqlalchemy}", requirements)
    home = interpreter.parent.parent
    alembic_folder = home / "alembic-itself"
    with filelock.FileLock(f"{alembic_folder}.lock"):
        if not (alembic_folder / "complete").exists():
            wheels = [str(download(cache, package, source=False)) for package in PACKAGES]
            pip_install(interpreter, "--no-deps", *wheels)
            target = ("--no-deps", "--target", str(alembic_folder), f"alembic=={ALEMBIC_VERSION}")
            pip_install(interpreter, *target)
            (alembic_folder / "complete").touch()
    scratch = tmp_path_factory.mktemp("workshop")
    limbeck_folder = scratch / "limbeck-only"
    limbeck_folder.mkdir()
    link_limbeck(limbeck_folder)
    programs = {}
    for name, path in (("reference", alembic_folder), ("limbeck", limbeck_folder)):
        launcher = scratch / name / "alembic"
        launcher.parent.mkdir()
        launcher.write_text(f"import sys\n{LAUNCHERS[name]}\nsys.exit(main())\n")
        command = [str(interpreter), str(launcher)]
        programs[name] = Program(name, interpreter, command, {"PYTHONPATH": str(path)})
    (site,) = home.glob("lib/python3*/site-packages")
    return Workshop(programs["reference"], programs["limbeck"], site)
