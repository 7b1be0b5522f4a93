"""A real server, for what only a real client can see."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psutil  # type: ignore[import-untyped]
from starlette.types import ASGIApp

from isu.server import Server, config
from tests.postgres import own_port
from tests.process import isu

START_SECONDS = 60


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """The address of a server that runs in a thread for as long as the block lasts."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        streams = getattr(getattr(app, "state", None), "streams", None)
        server = Server(config(app, log_config=None), lambda: None if streams is None else streams.stop())
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            deadline = time.monotonic() + START_SECONDS
            while not server.started:
                assert thread.is_alive(), "the server did not start"
                assert time.monotonic() < deadline, "the server took too long to start"
                time.sleep(0.01)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=START_SECONDS)


@contextmanager
def isu_serves(
    environment: Mapping[str, str], *words: str, processes: int | None = 1
) -> Iterator[tuple[psutil.Process, str]]:
    """`isu serve` in a process of its own, and its address; in as many as are usual, where no number is given."""
    number = {} if processes is None else {"ISU_PROCESSES": str(processes)}
    with own_port() as port:
        process = isu(["serve", "--port", str(port), *words], {**environment, **number})
        try:
            deadline = time.monotonic() + START_SECONDS
            while True:
                assert process.is_alive(), "the server did not start"
                assert time.monotonic() < deadline, "the server took too long to start"
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=5).close()
                    break
                except OSError:
                    time.sleep(0.05)
            yield psutil.Process(process.pid), f"http://127.0.0.1:{port}"
        finally:
            process.kill()
            process.join()
