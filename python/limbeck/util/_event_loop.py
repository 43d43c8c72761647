"""Calls functions that start an event loop from code that may run in one."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_T = TypeVar("_T")


def outside_of_loop(work: Callable[[], _T]) -> _T:
    """Call a function that may use `asyncio.run`: in another thread if an event loop runs in this one, which waits.

    :param work: the function; it sees a copy of the caller's context variables.
    :return: its result.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return work()
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(contextvars.copy_context().run, work).result()
