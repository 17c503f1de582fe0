"""Running the application: in the foreground for `sftctl serve`, or in a thread for a proof and for tests."""

import asyncio
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from sftctl.core.errors import SftctlError
from sftctl.serve.chat import ChatModel
from sftctl.serve.limits import GRACE
from sftctl.serve.service import Service


def serve(
    app: FastAPI,
    host: str = "127.0.0.1",
    port: int = 8000,
    *,
    load: Callable[[], Iterable[ChatModel]] | None = None,
    grace: float = GRACE,
) -> None:
    """Serve until Ctrl-C or SIGTERM; then finish what was begun, for `grace` seconds.

    It listens at once; until `load` has given the models, requests are answered with 503. If `load` raises, the
    server ends, and so does this, with that error.
    """
    with listen(host, port) as listener:
        server = Server(app, grace)
        if load:
            server.load(load)
        server.run(sockets=[listener])
    if server.failure:
        raise server.failure


@contextmanager
def running(app: FastAPI, grace: float = GRACE) -> Iterator[str]:
    """Serve on a free port of this machine in a thread; gives the base URL that an OpenAI client takes."""
    with listen("127.0.0.1", 0) as listener:
        server = Server(app, grace)
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


def log_requests() -> None:
    """One line of JSON on stderr for each request: what was asked for and how it went, never its contents."""
    log = logging.getLogger("sftctl.serve")
    log.setLevel(logging.INFO)
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    log.addHandler(handler)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises SftctlError if the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SftctlError(f"Cannot listen on {host} port {port}: {reason}.", "Choose another with --port.") from None


class Server(uvicorn.Server):
    """uvicorn, but told to stop it lets answers be finished, and ends those that take too long with an error."""

    def __init__(self, app: FastAPI, grace: float) -> None:
        cut = round(grace) + 5  # after that, uvicorn cuts connections
        config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=cut)
        super().__init__(config)
        self.failure: Exception | None = None
        self._service: Service = app.state.service
        self._grace = grace

    def load(self, load: Callable[[], Iterable[ChatModel]]) -> None:
        """Load models in a thread of their own."""

        def work() -> None:
            try:
                self._service.add(load())
                self._service.warm()
            except Exception as error:
                self.failure, self.should_exit = error, True

        threading.Thread(target=work, name="sftctl-load", daemon=True).start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._service.stop()
        cut = asyncio.get_running_loop().call_later(self._grace, self._service.cut)
        await super().shutdown(sockets)
        cut.cancel()
