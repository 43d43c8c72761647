"""Source distributions and wheels of other packages, downloaded by pip and kept."""

import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import filelock


def download(cache: Path, requirement: str, *, source: bool) -> Path:
    """Return the archive of a package, downloaded to `cache` once.

    :param requirement: `name==version`
    :param source: whether the source distribution or the wheel
    :raises RuntimeError: pip failed; the message has its output
    """
    name = requirement.replace("==", "-") + ("-source" if source else "-wheel")
    folder = cache / name
    folder.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(cache / f"{name}.lock"):
        if not any(folder.iterdir()):
            # For this package only: its build requirements may be wheels.
            form = "--no-binary" if source else "--only-binary"
            command = [
                *(sys.executable, "-m", "pip", "download", "-q", "--no-input", "--no-deps"),
                *(form, requirement.partition("==")[0], "--dest", str(folder), requirement),
            ]
            clean = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
            done = subprocess.run(command, capture_output=True, text=True, env=clean, check=False)
            if done.returncode != 0:
                raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    (archive,) = folder.iterdir()
    return archive


def unpack(archive: Path, target: Path, wanted: Callable[[str], bool]) -> None:
    """Unpack the members of a source distribution or wheel for whose path `wanted` is true.

    Paths are without the top folder of a source distribution.
    """
    if archive.suffix in (".whl", ".zip"):
        with zipfile.ZipFile(archive) as wheel:
            wheel.extractall(target, [name for name in wheel.namelist() if wanted(name)])
        return
    with tarfile.open(archive) as tar:
        for member in tar.getmembers():
            _, _, member.name = member.name.partition("/")
            if member.isfile() and wanted(member.name):
                tar.extract(member, target, set_attrs=False)
