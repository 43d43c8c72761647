"""The example application over HTTP: its two workers migrate the same database when they start."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.programs import Program

pytest.importorskip("fastapi", reason="the example needs fastapi")
pytest.importorskip("uvicorn", reason="the example needs uvicorn")
httpx = pytest.importorskip("httpx", reason="the test needs httpx")

_EXAMPLE = Path(__file__).parents[2] / "examples" / "fastapi"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_two_workers_migrate_once(limbeck: Program, postgresql_url: str) -> None:
    port = _free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "app:app", "--workers", "2", "--port", str(port)],
        cwd=_EXAMPLE,
        env=limbeck.environment({"DATABASE_URL": postgresql_url, "PYTHONDONTWRITEBYTECODE": "1"}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        base = f"http://127.0.0.1:{port}"
        ran_by_pid: dict[int, list[str]] = {}
        deadline = time.monotonic() + 120
        while len(ran_by_pid) < 2 and time.monotonic() < deadline:
            try:
                # A new connection each time, so that both workers answer.
                response = httpx.get(f"{base}/health", timeout=10)
            except httpx.TransportError:
                time.sleep(0.2)
                continue
            body = response.json()
            assert (response.status_code, body["state"]) == (200, "at-head"), body
            ran_by_pid[body["pid"]] = body["ran"]
        assert len(ran_by_pid) == 2, "one worker never answered"
        assert sorted(ran_by_pid.values()) == [[], ["0001", "0002"]]
        assert httpx.post(f"{base}/notes", params={"text": "hello"}, timeout=10).status_code == 201
        assert httpx.get(f"{base}/notes", timeout=10).json() == ["welcome", "hello"]
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        output, _ = server.communicate(timeout=30)
    assert "Traceback" not in output, output
