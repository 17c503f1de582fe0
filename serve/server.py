"""Running the application: in the foreground for `sftctl serve`, or in a thread for a proof and for tests."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from sftctl.core.errors import SftctlError
from sftctl.serve.chat import Service

GRACE = 5
"""Seconds after which connections are cut when the server stops."""


def serve(app: FastAPI, host: str = "127.0.0.1", port: int = 8000) -> None:
    """Serve until Ctrl-C or SIGTERM."""
    with listen(host, port) as listener:
        Server(app).run(sockets=[listener])


@contextmanager
def running(app: FastAPI) -> Iterator[str]:
    """Serve on a free port of this machine in a thread; gives the base URL that an OpenAI client takes."""
    with listen("127.0.0.1", 0) as listener:
        server = Server(app)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="sftctl-server")
        thread.start()
        try:
            while not server.started:
                if not thread.is_alive():
                    raise SftctlError("The server stopped while it started.", "Its log says why.")
                time.sleep(0.01)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        finally:
            server.should_exit = True
            thread.join()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises SftctlError if the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SftctlError(f"Cannot listen on {host} port {port}: {reason}.", "Choose another with --port.") from None


class Server(uvicorn.Server):
    """uvicorn, but answers that are being written end at once when it is told to stop."""

    def __init__(self, app: FastAPI) -> None:
        config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=GRACE)
        super().__init__(config)
        self._service: Service = app.state.service

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._service.stop()
        await super().shutdown(sockets)
