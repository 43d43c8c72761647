"""`alembic status` of limbeck against `alembic current` of Alembic, at 1,000 revisions: the median of several runs each.

    python benches/status.py REFERENCE_ALEMBIC URL [URL ...] [--runs 7] [--revisions 1000]

REFERENCE_ALEMBIC is the `alembic` program of an environment with Alembic 1.20.1; each URL names an empty database.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

_ENV = """\
from sqlalchemy import engine_from_config, pool
from alembic import context

config = context.config
connectable = engine_from_config(
    config.get_section(config.config_ini_section, {}), poolclass=pool.NullPool
)
with connectable.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
_REVISION = '''"""revision {name}"""
revision = "{name}"
down_revision = {down!r}


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
'''


def _project(folder: Path, url: str, count: int) -> None:
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    (folder / "migrations" / "env.py").write_text(_ENV)
    (folder / "alembic.ini").write_text(
        f"[alembic]\nscript_location = %(here)s/migrations\nsqlalchemy.url = {url.replace('%', '%%')}\n"
    )
    for at in range(count):
        down = f"r{at - 1:05}" if at else None
        text = _REVISION.format(name=f"r{at:05}", down=down)
        (versions / f"r{at:05}_x.py").write_text(text)


def _median(command: Sequence[str], folder: Path, runs: int, expected: str) -> float:
    times = []
    for _ in range(runs + 1):
        started = time.perf_counter()
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
        times.append(time.perf_counter() - started)
        if expected not in done.stdout:
            raise SystemExit(f"{command} said {done.stdout!r}, without {expected!r}")
    # The first one warms the caches of both.
    return statistics.median(times[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reference")
    parser.add_argument("urls", nargs="+")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--revisions", type=int, default=1000)
    options = parser.parse_args()
    own = [sys.executable, "-c", "import sys; from limbeck.__main__ import main; sys.exit(main())"]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    for url in options.urls:
        folder = Path(tempfile.mkdtemp(prefix="limbeck-bench-"))
        try:
            _project(folder, url, options.revisions)
            head = f"r{options.revisions - 1:05}"
            stamp = [options.reference, "stamp", "head"]
            subprocess.run(stamp, cwd=folder, check=True, capture_output=True, env=environment)
            status = _median([*own, "status"], folder, options.runs, head)
            # The reference must not find limbeck on PYTHONPATH.
            current = _median(
                ["env", "-u", "PYTHONPATH", options.reference, "current"],
                folder,
                options.runs,
                head,
            )
            dialect = url.partition(":")[0]
            print(
                f"{dialect:22} status {status * 1000:7.1f} ms   current of Alembic "
                f"{current * 1000:7.1f} ms   {current / status:5.1f} times"
            )
        finally:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
