"""`keeper.py PID USER COMMAND…` runs a server until process PID ends or the keeper gets SIGTERM.

A test run that is killed cannot end its servers; this process does. USER is `uid:gid` for the server, or `-` for the current
user. The keeper itself does not change its user, because another user may not be able to read the interpreter's folder.
"""

import os
import signal
import subprocess
import sys
import time


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it exists, and belongs to another user
        return True
    return True


def _exit(signum: int, frame: object) -> None:
    raise SystemExit(0)


def main() -> int:
    main_process, user, command = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
    uid, _, gid = user.partition(":")
    user_options = {"user": int(uid), "group": int(gid), "extra_groups": []} if gid else {}
    signal.signal(signal.SIGTERM, _exit)
    server = subprocess.Popen(command, **user_options)  # type: ignore[call-overload] # one dict, many types
    try:
        while server.poll() is None and _alive(main_process):
            time.sleep(0.5)
    finally:
        # SIGINT is PostgreSQL's fast shutdown, which does not wait for clients.
        server.send_signal(
            signal.SIGINT if "postgres" in os.path.basename(command[0]) else signal.SIGTERM
        )
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
    return server.returncode or 0


if __name__ == "__main__":
    sys.exit(main())
