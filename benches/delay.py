"""A TCP proxy that delays all data, to measure with a distant database."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator


async def _forward(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float
) -> None:
    """Forward each piece of data `seconds` after its arrival, independently of others."""
    loop = asyncio.get_running_loop()
    delayed_pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def deliver() -> None:
        while True:
            due, piece = await delayed_pieces.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if not piece:
                break
            writer.write(piece)
            await writer.drain()
        with contextlib.suppress(OSError):
            writer.close()

    delivery = asyncio.create_task(deliver())
    try:
        while piece := await reader.read(65536):
            delayed_pieces.put_nowait((loop.time() + seconds, piece))
    except OSError:  # the other side is gone
        pass
    delayed_pieces.put_nowait((loop.time() + seconds, b""))
    with contextlib.suppress(OSError):
        await delivery


@contextlib.contextmanager
def delayed(host: str, port: int, round_trip: float) -> Iterator[int]:
    """Start a proxy to `host:port` with a round trip of `round_trip` seconds, and yield its port."""
    loop = asyncio.new_event_loop()
    listening: asyncio.Future[int] = loop.create_future()
    ready = threading.Event()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(host, port)
        await asyncio.gather(
            _forward(reader, far_writer, round_trip / 2),
            _forward(far_reader, writer, round_trip / 2),
        )

    async def listen() -> None:
        server = await asyncio.start_server(connect, "127.0.0.1", 0)
        listening.set_result(server.sockets[0].getsockname()[1])
        ready.set()

    started = loop.create_task(listen())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    ready.wait()
    try:
        yield listening.result()
    finally:
        started.cancel()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
