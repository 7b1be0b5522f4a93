"""A real server, for what only a real client can see."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil  # type: ignore[import-untyped]
from starlette.types import ASGIApp

from isu.server import Server, config


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """The address of a server that runs in a thread for as long as the block lasts."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        streams = getattr(getattr(app, "state", None), "streams", None)
        server = Server(config(app, log_config=None), lambda: None if streams is None else streams.stop())
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            deadline = time.monotonic() + 30
            while not server.started:
                assert thread.is_alive(), "the server did not start"
                assert time.monotonic() < deadline, "the server took too long to start"
                time.sleep(0.01)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=30)


@contextmanager
def isu_serves(environment: Mapping[str, str]) -> Iterator[tuple[psutil.Process, str]]:
    """`isu serve` in a process of its own, and its address."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("ISU_")}
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "isu", "serve", "--port", str(port)],
        cwd=Path(__file__).parents[1],
        env={**inherited, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            assert process.poll() is None, "the server did not start"
            assert time.monotonic() < deadline, "the server took too long to start"
            try:
                socket.create_connection(("127.0.0.1", port), timeout=5).close()
                break
            except OSError:
                time.sleep(0.05)
        yield psutil.Process(process.pid), f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()
