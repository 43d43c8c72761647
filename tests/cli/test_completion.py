"""`alembic completion`, in real shells."""

import shutil
import subprocess
from pathlib import Path

import pytest
from support.programs import Program


def _complete(limbeck: Program, large_project: Path, tmp_path: Path, *words: str) -> list[str]:
    """Return what bash offers after these words."""
    folder = tmp_path / "bin"
    folder.mkdir(exist_ok=True)
    program = folder / "alembic"
    program.write_text("#!/bin/sh\nexec " + " ".join(f"'{w}'" for w in limbeck.launch) + ' "$@"\n')
    program.chmod(0o755)
    quoted = " ".join(f"'{word}'" for word in words)
    script = (
        f'PATH="{folder}:$PATH"\n'
        'eval "$(alembic completion bash)"\n'
        f"COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}\n"
        "_alembic\n"
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=large_project,
        env=limbeck.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def test_bash_completes_commands_options_and_revisions(
    limbeck: Program, large_project: Path, tmp_path: Path
) -> None:
    assert _complete(limbeck, large_project, tmp_path, "alembic", "upg") == ["upgrade"]
    assert _complete(limbeck, large_project, tmp_path, "alembic", "-c", "x.ini", "gra") == ["graph"]
    assert "--splice" in _complete(limbeck, large_project, tmp_path, "alembic", "revision", "--")
    head = limbeck.alembic(large_project, "heads").stdout.split()[0]
    assert _complete(limbeck, large_project, tmp_path, "alembic", "upgrade", head[:6]) == [head]
    assert "billing@head" in _complete(
        limbeck, large_project, tmp_path, "alembic", "upgrade", "bil"
    )


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_accept_their_script(
    limbeck: Program, large_project: Path, tmp_path: Path, shell: str
) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"no {shell}: apt-get install {shell}")
    script = tmp_path / f"completion.{shell}"
    script.write_text(limbeck.alembic(large_project, "completion", shell).stdout)
    assert "upgrade" in script.read_text()
    subprocess.run([program, "-n", str(script)], check=True)
