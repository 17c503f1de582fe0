"""How long one request may take, from the first byte of its body to the last of its answer."""

import asyncio
import time
from collections.abc import Awaitable
from typing import TypeVar

from sftctl.serve.protocol import ApiError

T = TypeVar("T")


class Deadline:
    """So many seconds from now."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    async def wait(self, work: Awaitable[T]) -> T:
        """What `work` gives, in time. Raises ApiError (408) when time is up."""
        try:
            async with asyncio.timeout(self._end - time.monotonic()) as limit:
                return await work
        except TimeoutError:
            if not limit.expired():
                raise
            raise ApiError(
                "The request took longer than this server allows.",
                status=408,
                type="server_error",
                code="timeout",
                headers={"Connection": "close"},
            ) from None
