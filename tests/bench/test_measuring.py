"""The measurement of a command, and runs in turn."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from benches import measuring
from benches.measuring import FEWEST_PAIRS, Command, CommandFailed, Sample, in_turn, run


def python(code: str, folder: Path) -> tuple[Sample, str]:
    return run([sys.executable, "-I", "-S", "-c", code], folder, dict(os.environ))


class TestRun:
    def test_memory_is_the_peak_of_the_command(self, tmp_path: Path) -> None:
        # Memory that this process holds must not count, as it would if this process started the command.
        held = bytearray(200 * 2**20)
        small, _ = python("pass", tmp_path)
        large, _ = python("bytearray(100 * 2**20)", tmp_path)
        assert len(held) > small["memory"] * 2**20
        assert 90 < large["memory"] - small["memory"] < 110

    def test_waiting_is_wall_time_and_not_cpu_time(self, tmp_path: Path) -> None:
        sample, _ = python("import time; time.sleep(1.5)", tmp_path)
        assert sample["wall"] >= 1.5 > sample["cpu"]

    def test_work_of_child_processes_is_cpu_time(self, tmp_path: Path) -> None:
        work = "import time\nwhile time.process_time() < 1: pass"
        sample, _ = python(
            f"import subprocess, sys; subprocess.run([sys.executable, '-c', {work!r}])", tmp_path
        )
        assert sample["cpu"] >= 1

    def test_output_has_both_streams(self, tmp_path: Path) -> None:
        code = "import os; print(os.getcwd(), flush=True); os.write(2, b'warning')"
        assert python(code, tmp_path)[1] == f"{tmp_path}\nwarning"

    def test_failure_is_an_error_with_the_output(self, tmp_path: Path) -> None:
        with pytest.raises(CommandFailed, match=r"(?s)ended with 3:.*what went wrong"):
            python("print('what went wrong'); raise SystemExit(3)", tmp_path)

    def test_end_by_a_signal_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(CommandFailed, match="ended with -9"):
            python("import os; os.kill(os.getpid(), 9)", tmp_path)

    def test_command_that_cannot_start_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(CommandFailed, match="no-such-program was not started"):
            run(["no-such-program"], tmp_path, dict(os.environ))

    def test_command_that_hangs_is_ended(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(measuring, "TIMEOUT", 3.0)
        code = "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(600)"
        with pytest.raises(subprocess.TimeoutExpired):
            python(code, tmp_path)
        process = int((tmp_path / "pid").read_text())
        with pytest.raises(ProcessLookupError):
            for _ in range(100):
                os.kill(process, 0)
                time.sleep(0.1)


def test_report_replaces_the_measurement_of_the_process(tmp_path: Path) -> None:
    code = "print('log'); print('{\"wall\": 1234.5}')"
    command = [sys.executable, "-I", "-S", "-c", code]
    sample = Command(command, tmp_path, dict(os.environ), reports=True).sample()
    assert sample["wall"] == 1234.5
    assert sample["memory"] > 0


@dataclass
class Side:
    """Returns the position of each run in the order of all."""

    name: str
    order: list[str]

    def sample(self) -> Sample:
        self.order.append(self.name)
        return {"turn": len(self.order)}

    def count(self) -> Sample:
        self.order.append(f"count {self.name}")
        return {"statements": 9}


class TestInTurn:
    def test_sides_alternate_after_a_first_run(self) -> None:
        order: list[str] = []
        found = in_turn({"a": Side("a", order), "b": Side("b", order)}, pairs=2, seconds=60)
        assert order == ["a", "b", "count a", "count b", "a", "b", "a", "b"]
        assert found["a"] == {"turn": [5, 7], "statements": [9]}
        assert found["b"] == {"turn": [6, 8], "statements": [9]}

    def test_time_bounds_the_pairs_after_the_fewest(self) -> None:
        found = in_turn({"a": Side("a", [])}, pairs=50, seconds=0)
        assert len(found["a"]["turn"]) == FEWEST_PAIRS

    def test_fewer_pairs_than_the_fewest_can_be_asked_for(self) -> None:
        assert len(in_turn({"a": Side("a", [])}, pairs=1, seconds=0)["a"]["turn"]) == 1
