"""Run a command, and print its wall seconds, its user and system seconds, its peak memory in KiB and its exit status.

    python -I -S child.py OUTPUT COMMAND...

The command's output goes to the file OUTPUT. This is a process of its own with few modules, because Linux never reports
a peak below that of the process that starts a program.
"""

import os
import sys
import time


def main() -> None:
    output, *command = sys.argv[1:]
    files = (
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    )
    start = time.perf_counter()
    child = os.posix_spawnp(command[0], command, os.environ, file_actions=files)
    _, status, usage = os.wait4(child, 0)
    wall = time.perf_counter() - start
    cpu = usage.ru_utime + usage.ru_stime
    peak = usage.ru_maxrss // 1024 if sys.platform == "darwin" else usage.ru_maxrss
    print(wall, cpu, peak, os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
